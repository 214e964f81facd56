// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"

namespace gatehouse::telemetry {

// The trace that a well-formed `traceparent` names (W3C trace context, level 1).
struct TraceParent {
  std::string_view trace_id;  // 32 hexadecimal digits, not all zero
  std::string_view span_id;   // 16 of them, the caller's
  bool sampled = false;
};
std::optional<TraceParent> parse_traceparent(std::string_view header);
// Its trace, or nothing: for requests that get no trace of ours because they are turned away.
std::string_view trace_id_in(std::string_view header);

// Names one request, in log lines and towards Google: by the trace that its caller began, or else
// by one of our own. What the caller did not bring is made when somebody first asks, so that a
// request which leaves no line costs no random bytes. For one thread.
class RequestTrace {
 public:
  RequestTrace() = default;  // of nothing: all names are empty
  // `header` as it came, empty when it did not.
  RequestTrace(std::string_view header, base::Random& random);

  std::string_view trace_id() const;
  std::string_view request_id() const;  // our span in it
  // For one call on the request's behalf: each is a span of its own.
  std::string traceparent_of_call() const;

 private:
  base::Random* random_ = nullptr;
  bool sampled_ = false;
  mutable std::string trace_id_;
  mutable std::string request_id_;
};

}  // namespace gatehouse::telemetry
