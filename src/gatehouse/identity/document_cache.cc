// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/document_cache.h"

#include <algorithm>

#include "gatehouse/http/cache_control.h"
#include "gatehouse/identity/trace_header.h"

namespace gatehouse::identity {
namespace {

using base::Errc;
using base::Error;
using std::chrono::seconds;

seconds bounded_lifetime(std::string_view cache_control, const DocumentCacheLimits& limits) {
  const auto said = http::cache_lifetime(cache_control);
  return std::clamp(said.value_or(limits.lifetime_default), limits.lifetime_min,
                    limits.lifetime_max);
}

}  // namespace

base::Task<FetchedDocument> fetch_document(http::Client& client, const std::string& url,
                                           const DocumentCacheLimits& limits,
                                           const telemetry::RequestTrace& trace) {
  http::ClientRequest request;
  request.url = url;
  request.headers.push_back({"Accept", "application/json"});
  add_trace(request, trace);
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
