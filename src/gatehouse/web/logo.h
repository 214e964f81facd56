// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/http/message.h"
#include "gatehouse/web/brand.h"

namespace gatehouse::web {

inline constexpr std::size_t kLogoBytesMax = 64 * 1024;

// PNG, WebP or SVG, told by its content. Errc::invalid_argument says what is wrong with it.
base::Result<Logo> judge_logo(std::string bytes);

// An SVG is a document with powers of its own; whoever opens the address by itself gets it in a
// sandbox without scripts and without anything to load.
http::Response logo_response(const Logo& logo, std::string_view query);

// Where the pages find it: changes with its content.
std::string logo_address(const Logo& logo);

}  // namespace gatehouse::web
