// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/front_door.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/http/url.h"

namespace gatehouse::gateway {
namespace {

// Balancers probe by address, and the answer tells nothing.
constexpr std::string_view kHealthPath = "/healthz";

bool is_loopback_origin(std::string_view origin) {
  auto url = http::parse_url(origin);
  return url && (url->scheme == "http" || url->scheme == "https") &&
         http::is_loopback_host(url->host) && url->path.empty();
}

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.rfind(':'));
}

base::Coroutine<http::Response> answer(http::Response response) { co_return response; }

}  // namespace

FrontDoor::FrontDoor(std::string public_url, std::string public_host, http::Handler inside,
                     RefusalLog& refusals, base::Random& random)
    : public_url_(std::move(public_url)),
      public_host_(std::move(public_host)),
      loopback_(http::is_loopback_host(host_without_port(public_host_))),
      inside_(std::move(inside)),
      refusals_(refusals),
      random_(random) {}

bool FrontDoor::host_is_ours(const http::Request& request) const {
  auto host = request.header("host");
  if (!host) return false;
  if (base::equal_ignoring_case(*host, public_host_)) return true;
  // On one's own machine localhost and 127.0.0.1 are the same server to everyone.
  return loopback_ && http::is_loopback_host(host_without_port(base::to_lower_ascii(*host)));
}

bool FrontDoor::origin_is_allowed(const http::Request& request) const {
  if (request.header_count("origin") == 0) return true;
  auto origin = request.header("origin");
  if (!origin) return false;
  if (*origin == public_url_) return true;
  if (loopback_ && is_loopback_origin(*origin)) return true;
  // The consent form posts from our own page; with `no-referrer` browsers call that origin "null".
  // The form's own token and Sec-Fetch-Site decide there. Discovery, registration and token calls
  // carry no ambient authority, so any origin may make them.
  if (request.path == "/consent" || request.path == "/logout") return *origin == "null";
  return request.path.starts_with("/.well-known/") || request.path == "/token" ||
         request.path == "/register" || request.path == "/revoke";
}

// No coroutine of its own for what passes: the route's is handed through.
base::Coroutine<http::Response> FrontDoor::handle(const http::Request& request) {
  const std::string_view parent = request.header("traceparent").value_or(std::string_view());
  request.trace = telemetry::RequestTrace(parent, random_);
  if (request.path != kHealthPath && !host_is_ours(request)) {
    http::Response refusal = http::json_response(
        421,
        R"({"error":"misdirected_request","error_description":"This Host is not served here. Use the public URL."})");
    refusal.close = true;
    refusals_.note(request, refusal.status, "another host");
    return answer(std::move(refusal));
  }
  if (!origin_is_allowed(request)) {
    http::Response refusal = http::json_response(
        403, R"({"jsonrpc":"2.0","error":{"code":-32000,"message":"Origin not allowed"}})");
    refusals_.note(request, refusal.status, "another origin");
    return answer(std::move(refusal));
  }
  return inside_(request);
}

}  // namespace gatehouse::gateway
