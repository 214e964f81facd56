// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"

namespace gatehouse::http {

// Answers one request. The request outlives the coroutine. An exception becomes a bland 500 and a
// log line.
using Handler = std::function<base::Coroutine<Response>(const Request&)>;

}  // namespace gatehouse::http
