// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/clock_offset.h"

#include "gatehouse/aws/time_text.h"

namespace gatehouse::aws {

std::optional<std::chrono::seconds> clock_offset(const http::ClientResponse& response,
                                                 base::SystemTime now) {
  const auto theirs = parse_http_date(response.header("date"));
  if (!theirs) return std::nullopt;
  return *theirs - now;
}

std::string describe_clock_offset(std::chrono::seconds offset) {
  const bool behind = offset.count() >= 0;
  const auto size = behind ? offset.count() : -offset.count();
  return "this machine's clock is " + std::to_string(size) + " s " +
         (behind ? "behind" : "ahead of") + " AWS's; synchronize it (chrony, systemd-timesyncd)";
}

}  // namespace gatehouse::aws
