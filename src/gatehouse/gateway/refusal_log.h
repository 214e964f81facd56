// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/call_allowance.h"
#include "gatehouse/http/message.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// An event for each request that is turned away before a route has looked at it, as far as that is
// no way to fill the disk: so many lines for one address and for all. A line that is written says
// how many were left out since the one before.
class RefusalLog {
 public:
  // `trusted_proxies` as in oauth::peer_address().
  RefusalLog(std::size_t trusted_proxies, const base::Clock& clock, telemetry::Log& log);

  // `reason`: short words of ours.
  void note(const http::Request& request, int status, std::string_view reason);

 private:
  const std::size_t trusted_proxies_;
  telemetry::Log& log_;
  CallAllowance of_address_;
  CallAllowance of_all_;
  std::size_t left_out_ = 0;
};

}  // namespace gatehouse::gateway
