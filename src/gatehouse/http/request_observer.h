// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

namespace gatehouse::http {

// Told by a Server what became of each request, on the loop's thread and on every request, so it
// must be quick.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;

  // A handler has answered. `route` is Request::route; `took` goes from the request's last byte to
  // the answer, or to the begin of its event stream, to a few milliseconds.
  virtual void answered(std::string_view route, int status, std::chrono::nanoseconds took) = 0;
  // The server answered by itself: malformed, too large, too late, too many.
  virtual void refused(int status) = 0;
};

}  // namespace gatehouse::http
