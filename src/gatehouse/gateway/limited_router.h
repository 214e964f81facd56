// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/address_limits.h"
#include "gatehouse/gateway/refusal_log.h"
#include "gatehouse/http/router.h"

namespace gatehouse::gateway {

// The router behind the limits of addresses. A request that no route takes leaves an event.
class LimitedRouter {
 public:
  LimitedRouter(const http::Router& router, AddressLimits& limits, RefusalLog& refusals)
      : router_(router), limits_(limits), refusals_(refusals) {}

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  bool is_path(std::string_view path) const;

  const http::Router& router_;
  AddressLimits& limits_;
  RefusalLog& refusals_;
};

}  // namespace gatehouse::gateway
