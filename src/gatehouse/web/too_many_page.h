// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "gatehouse/http/message.h"
#include "gatehouse/web/brand.h"

namespace gatehouse::web {

// 429 for an address that asks for pages too often: a page for people, JSON for programs.
http::Response too_many_requests(const Brand& brand, const http::Request& request,
                                 std::chrono::seconds wait);

}  // namespace gatehouse::web
