// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/telemetry/trace.h"
#include "gatehouse/web/html.h"

namespace gatehouse::web {

// By which word and which trace the operator finds in the log what a page tells of. Of a request
// without a trace the word alone.
Html log_reference(std::string_view word, const telemetry::RequestTrace& trace);

}  // namespace gatehouse::web
