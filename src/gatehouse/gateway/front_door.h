// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/random.h"
#include "gatehouse/gateway/refusal_log.h"
#include "gatehouse/http/handler.h"
#include "gatehouse/http/message.h"

namespace gatehouse::gateway {

// What every request passes first: it is named here (Request::trace), Host is checked against DNS
// rebinding, Origin against cross-site calls. Both lists come from the configuration, never from a
// request or a forwarding header.
class FrontDoor {
 public:
  FrontDoor(std::string public_url, std::string public_host, http::Handler inside,
            RefusalLog& refusals, base::Random& random);

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  bool host_is_ours(const http::Request& request) const;
  bool origin_is_allowed(const http::Request& request) const;

  std::string public_url_;
  std::string public_host_;
  bool loopback_;
  http::Handler inside_;
  RefusalLog& refusals_;
  base::Random& random_;
};

}  // namespace gatehouse::gateway
