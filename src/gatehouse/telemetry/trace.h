// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
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

// Names one request, in log lines and towards Google: by the trace that its caller began, or else
// by one of our own. What the caller did not bring is made when somebody first asks, so that a
// request which leaves no line costs neither random bytes nor memory. Copies that are taken after
// that go by the same names. For one thread.
class RequestTrace {
 public:
  RequestTrace() = default;  // of nothing: all names are empty
  // `header` as it came, empty when it did not.
  RequestTrace(std::string_view header, base::Random& random);
  static const RequestTrace& none();

  // The views live as long as this.
  std::string_view trace_id() const;
  std::string_view request_id() const;  // our span in it
  // For one call on the request's behalf: each is a span of its own.
  std::string traceparent_of_call() const;
  // The same request's, for work that outlives it.
  RequestTrace named() const;

 private:
  std::string_view made(std::span<char> id) const;

  base::Random* random_ = nullptr;
  bool sampled_ = false;
  mutable std::array<char, 32> trace_id_{};  // begins with NUL until it is made
  mutable std::array<char, 16> request_id_{};
};

}  // namespace gatehouse::telemetry
