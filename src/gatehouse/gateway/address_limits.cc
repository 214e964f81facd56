// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/address_limits.h"

#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "gatehouse/gateway/security_event_route.h"
#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/peer_address.h"
#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/web/too_many_page.h"

namespace gatehouse::gateway {
namespace {

struct Row {
  std::string_view path;
  RouteCost cost;
};
constexpr std::array kRows = {
    Row{"/", RouteCost::nothing},
    Row{"/style.css", RouteCost::nothing},
    Row{"/logo", RouteCost::nothing},
    Row{"/healthz", RouteCost::nothing},
    Row{"/authorize", RouteCost::page},
    Row{"/consent", RouteCost::page},
    Row{"/consent/more", RouteCost::page},
    Row{"/oauth/google/callback", RouteCost::page},
    Row{"/login", RouteCost::page},
    Row{"/account", RouteCost::page},
    Row{"/logout", RouteCost::page},
    Row{"/register", RouteCost::oauth},
    Row{"/token", RouteCost::oauth},
    Row{"/revoke", RouteCost::oauth},
    Row{kSecurityEventPath, RouteCost::event},
};

CallAllowance::Limits limits_of(std::size_t burst, std::size_t per_second) {
  CallAllowance::Limits limits;
  limits.burst = burst;
  limits.per_second = per_second;
  return limits;
}

http::Response oauth_answer() {
  const oauth::Rejection rejection{oauth::Reason::rate_limited,
                                   "too many requests from this address"};
  http::Response response = oauth::error_response(rejection);
  oauth::allow_any_origin(response);
  return response;
}

http::Response answer_for(RouteCost cost, const web::Brand& brand, const http::Request& request,
                          std::chrono::seconds wait) {
  if (cost == RouteCost::page) return web::too_many_requests(brand, request, wait);
  http::Response response = cost == RouteCost::oauth ? oauth_answer() : http::empty_response(429);
  response.with("Retry-After", std::to_string(wait.count()));
  return response;
}

}  // namespace

std::optional<RouteCost> cost_of(http::Method method, std::string_view path) {
  if (method == http::Method::options) return RouteCost::nothing;
  if (path.starts_with("/.well-known/")) return RouteCost::nothing;
  if (path.starts_with(web::kFilesPath)) return RouteCost::page;
  for (const Row& row : kRows) {
    if (row.path == path) return row.cost;
  }
  return std::nullopt;
}

AddressLimits::AddressLimits(std::size_t trusted_proxies, const base::Clock& clock,
                             RefusalLog& refusals, web::Brand brand)
    : trusted_proxies_(trusted_proxies),
      brand_(std::move(brand)),
      refusals_(refusals),
      pages_(limits_of(6000, 50), clock),
      oauth_(limits_of(6000, 50), clock),
      events_(limits_of(600, 10), clock),
      bad_tokens_(limits_of(600, 10), clock) {}

std::optional<http::Response> AddressLimits::refusal(const http::Request& request) {
  const RouteCost cost = cost_of(request.method, request.path).value_or(RouteCost::nothing);
  if (cost == RouteCost::nothing) return std::nullopt;
  const auto wait = take(cost, request);
  if (!wait) return std::nullopt;
  refusals_.note(request, 429, "too many requests");
  return answer_for(cost, brand_, request, *wait);
}

std::optional<std::chrono::seconds> AddressLimits::take(RouteCost cost,
                                                        const http::Request& request) {
  const std::string address = oauth::peer_address(request, trusted_proxies_);
  switch (cost) {
    case RouteCost::page:
      return pages_.take(address, 1);
    case RouteCost::oauth:
      return oauth_.take(address, 1);
    case RouteCost::event:
      return events_.take(address, 1);
    case RouteCost::nothing:
      break;
  }
  assert(false && "costs nothing");
  return std::nullopt;
}

std::optional<std::chrono::seconds> AddressLimits::count_bad_token(const http::Request& request) {
  const auto wait = bad_tokens_.take(oauth::peer_address(request, trusted_proxies_), 1);
  if (wait) refusals_.note(request, 429, "too many refused tokens");
  return wait;
}

bool AddressLimits::has_shown_too_many_bad_tokens(const http::Request& request) const {
  return bad_tokens_.is_spent(oauth::peer_address(request, trusted_proxies_));
}

}  // namespace gatehouse::gateway
