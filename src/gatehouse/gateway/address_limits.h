// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/call_allowance.h"
#include "gatehouse/gateway/refusal_log.h"
#include "gatehouse/http/message.h"
#include "gatehouse/web/brand.h"

namespace gatehouse::gateway {

// What a request costs us, by its route.
enum class RouteCost {
  nothing,  // made once at the start, or judged by itself: a bearer, which is proven first
  page,     // people's pages: a record or two, seals, a trip to Google
  oauth,    // clients: records, seals, hashes
  event,    // Google's security events: a signature
};

// Of the route that answers at this path. Every route that is not the bearer's has to be named
// here, which a test sees to.
std::optional<RouteCost> cost_of(http::Method method, std::string_view path);

// How often one address may ask for what costs something, in this process: so many requests at
// once, and so many a second in the long run. Many people share an address (a company, the servers
// of a hosted client), so this is far above what they do, and below what wears out the store.
class AddressLimits {
 public:
  AddressLimits(std::size_t trusted_proxies, const base::Clock& clock, RefusalLog& refusals,
                web::Brand brand = {});

  // nullopt: go on. Otherwise the answer, 429 with Retry-After in the form that the route's callers
  // read.
  std::optional<http::Response> refusal(const http::Request& request);

  // Counts a bearer token that was refused. nullopt when the address may be told so once more;
  // otherwise how long it should keep quiet. Good tokens are none of this: they are not counted and
  // always let in.
  std::optional<std::chrono::seconds> count_bad_token(const http::Request& request);
  // Whether the next one would be too many: then it is not worth a line of its own either.
  bool has_shown_too_many_bad_tokens(const http::Request& request) const;

 private:
  std::optional<std::chrono::seconds> take(RouteCost cost, const http::Request& request);

  const std::size_t trusted_proxies_;
  const web::Brand brand_;
  RefusalLog& refusals_;
  CallAllowance pages_;
  CallAllowance oauth_;
  CallAllowance events_;
  CallAllowance bad_tokens_;
};

}  // namespace gatehouse::gateway
