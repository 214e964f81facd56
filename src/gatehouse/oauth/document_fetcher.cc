// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/document_fetcher.h"

#include <algorithm>
#include <utility>

#include "gatehouse/http/cache_control.h"
#include "gatehouse/http/media_type.h"
#include "gatehouse/oauth/client_document.h"

namespace gatehouse::oauth {
namespace {

using std::chrono::seconds;

constexpr seconds kHostWindow{60};

// Too large or unlawful answers stay so; the rest is the network's.
Rejection rejection_for(const base::Error& error) {
  const bool is_final =
      error.code == base::Errc::denied || error.code == base::Errc::invalid_argument;
  return is_final ? document_refused(error.detail) : document_unreachable(error.detail);
}

// Says nothing about the document: the host is in trouble, or lets no machine like ours look.
bool is_passing(int status) {
  return status >= 500 || status == 401 || status == 403 || status == 408 || status == 425 ||
         status == 429;
}

http::ClientRequest request_for(const std::string& url, std::chrono::milliseconds timeout,
                                std::size_t body_bytes_max) {
  http::ClientRequest request;
  request.url = url;
  request.headers.push_back({"Accept", "application/json"});
  request.timeout = timeout;
  request.body_bytes_max = body_bytes_max;
  return request;
}

}  // namespace

Rejection document_refused(std::string why) {
  return {Reason::client_document_refused, std::move(why)};
}

Rejection document_unreachable(std::string why) {
  return {Reason::client_document_unreachable, std::move(why)};
}

// One of the fetches under way.
class DocumentFetcher::Slot {
 public:
  explicit Slot(std::size_t& taken) : taken_(taken) { ++taken_; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { --taken_; }

 private:
  std::size_t& taken_;
};

DocumentFetcher::DocumentFetcher(http::Client& client, const base::Clock& clock,
                                 ClientDocumentLimits limits)
    : client_(client),
      limits_(limits),
      host_limit_(limits.fetches_per_host_and_minute, limits.hosts_counted_max, clock,
                  kHostWindow) {}

base::Coroutine<Judged<DocumentFetcher::Document>> DocumentFetcher::fetch(
    const std::string& url, std::size_t body_bytes_max) {
  const Rejection busy = document_unreachable("too many documents are being fetched");
  if (fetches_ >= limits_.fetches_at_once_max) co_return busy;
  const Rejection often = document_unreachable("too many documents of this host within a minute");
  if (host_limit_.admit(client_document_host(url))) co_return often;
  const Slot slot(fetches_);
  const http::ClientRequest request = request_for(url, limits_.fetch_timeout, body_bytes_max);
  const auto response = co_await client_.send(request);
  if (!response) co_return rejection_for(response.error());
  co_return judge(*response);
}

Judged<DocumentFetcher::Document> DocumentFetcher::judge(
    const http::ClientResponse& response) const {
  if (response.status != 200) {
    const std::string what = "its host answered with status " + std::to_string(response.status);
    return is_passing(response.status) ? document_unreachable(what) : document_refused(what);
  }
  if (!http::is_json_type(response.header("Content-Type"))) {
    return document_refused("its media type is not application/json in UTF-8");
  }
  const auto said = http::cache_lifetime(response.header("Cache-Control"));
  Document document;
  document.body = response.body.reveal();
  document.lifetime = std::clamp(said.value_or(limits_.lifetime_default), limits_.lifetime_min,
                                 limits_.lifetime_max);
  return document;
}

}  // namespace gatehouse::oauth
