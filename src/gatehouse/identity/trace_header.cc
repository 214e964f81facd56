// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/trace_header.h"

#include <string>
#include <utility>

namespace gatehouse::identity {

void add_trace(http::ClientRequest& request, const telemetry::RequestTrace& trace) {
  std::string parent = trace.traceparent_of_call();
  if (!parent.empty()) request.headers.push_back({"traceparent", std::move(parent)});
}

}  // namespace gatehouse::identity
