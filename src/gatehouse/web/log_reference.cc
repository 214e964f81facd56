// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/log_reference.h"

namespace gatehouse::web {
namespace {

Html in_trace(const telemetry::RequestTrace& trace) {
  if (trace.trace_id().empty()) return {};
  return html(", in the trace <code>{}</code>", trace.trace_id());
}

}  // namespace

Html log_reference(std::string_view word, const telemetry::RequestTrace& trace) {
  return html("<p class=\"quiet\">In the server&#39;s log this is <code>{}</code>{}.</p>\n", word,
              in_trace(trace));
}

}  // namespace gatehouse::web
