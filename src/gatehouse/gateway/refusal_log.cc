// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/refusal_log.h"

#include <utility>

#include "gatehouse/oauth/peer_address.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

using telemetry::Field;

CallAllowance::Limits lines_of_address() {
  CallAllowance::Limits limits;
  limits.burst = 30;
  limits.per_second = 1;
  return limits;
}

CallAllowance::Limits lines_of_all() {
  CallAllowance::Limits limits;
  limits.burst = 300;
  limits.per_second = 20;
  return limits;
}

}  // namespace

RefusalLog::RefusalLog(std::size_t trusted_proxies, const base::Clock& clock, telemetry::Log& log)
    : trusted_proxies_(trusted_proxies),
      log_(log),
      of_address_(lines_of_address(), clock),
      of_all_(lines_of_all(), clock) {}

void RefusalLog::note(const http::Request& request, int status, std::string_view reason) {
  const std::string address = oauth::peer_address(request, trusted_proxies_);
  if (of_address_.take(address, 1) || of_all_.take({}, 1)) {
    ++left_out_;
    return;
  }
  const auto left_out = static_cast<std::int64_t>(std::exchange(left_out_, 0));
  telemetry::TracedLog log(log_, request.trace);
  const telemetry::LogField common[] = {{Field::status, status},
                                        {Field::reason, reason},
                                        {Field::method, request.method_name},
                                        {Field::peer, request.peer}};
  const auto& [code, why, method, peer] = common;
  if (left_out == 0) return log.info("request refused", {code, why, method, peer});
  log.info("request refused", {code, why, method, peer, {Field::count, left_out}});
}

}  // namespace gatehouse::gateway
