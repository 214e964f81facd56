// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/document_cache.h"

#include <algorithm>
#include <charconv>

#include "gatehouse/base/encoding.h"

namespace gatehouse::identity {
namespace {

using base::Errc;
using base::Error;
using std::chrono::seconds;

// Digits only; more than fits counts as very long (RFC 9111 section 1.2.2).
std::optional<seconds> delta_seconds(std::string_view text) {
  constexpr std::int64_t kLongest = 2'147'483'648;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) value = kLongest;
  return seconds(std::min(value, kLongest));
}

seconds bounded_lifetime(std::string_view cache_control, const DocumentCacheLimits& limits) {
  const auto said = cache_lifetime(cache_control);
  return std::clamp(said.value_or(limits.lifetime_default), limits.lifetime_min,
                    limits.lifetime_max);
}

}  // namespace

std::optional<seconds> cache_lifetime(std::string_view cache_control) {
  std::optional<seconds> lifetime;
  while (!cache_control.empty()) {
    const auto end = std::min(cache_control.find(','), cache_control.size());
    const auto directive = base::to_lower_ascii(base::trim(cache_control.substr(0, end)));
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
    if (directive == "no-store" || directive == "no-cache") return seconds(0);
    constexpr std::string_view kMaxAge = "max-age=";
    if (!lifetime && directive.starts_with(kMaxAge)) {
      lifetime = delta_seconds(std::string_view(directive).substr(kMaxAge.size()));
    }
  }
  return lifetime;
}

base::Task<FetchedDocument> fetch_document(http::Client& client, const std::string& url,
                                           const DocumentCacheLimits& limits) {
  http::ClientRequest request;
  request.url = url;
  request.headers.push_back({"Accept", "application/json"});
  request.timeout = limits.timeout;
  request.body_bytes_max = limits.body_bytes_max;
  auto response = co_await client.send(request);
  if (!response) co_return Error{Errc::unavailable, response.error().detail};
  if (response->status != 200) {
    co_return Error{Errc::unavailable,
                    "fetch answered with status " + std::to_string(response->status)};
  }
  FetchedDocument document;
  document.body = std::string(response->body.reveal());
  document.lifetime = bounded_lifetime(response->header("Cache-Control"), limits);
  co_return std::move(document);
}

}  // namespace gatehouse::identity
