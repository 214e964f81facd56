// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"
#include "gatehouse/oauth/peer_rate_limit.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

struct ClientDocumentLimits {
  ClientDocumentLimits() {}
  std::size_t documents_max = 1'000;  // kept at once; the one used longest ago goes
  std::size_t fetches_at_once_max = 8;
  std::size_t fetches_per_host_and_minute = 30;
  std::size_t hosts_counted_max = 10'000;
  std::chrono::milliseconds fetch_timeout{5'000};
  std::chrono::seconds lifetime_min{300};  // also of an answer that forbids caching
  std::chrono::seconds lifetime_default{3'600};
  std::chrono::seconds lifetime_max{24 * 3'600};
  // How much longer the last good copy serves while its host cannot be asked, and how often the
  // host is asked meanwhile.
  std::chrono::seconds last_good_copy{24 * 3'600};
  std::chrono::seconds retry_interval{60};
};

// The one way to an address that a client names: few fetches at once, few of one host, small
// answers in JSON. For the event loop's thread; outlives its coroutines.
class DocumentFetcher {
 public:
  struct Document {
    Document() {}
    std::string body;
    std::chrono::seconds lifetime{};  // within the limits, whatever the answer says
  };

  // `client` connects only to public addresses and follows no redirects: URLs come from strangers.
  DocumentFetcher(http::Client& client, const base::Clock& clock, ClientDocumentLimits limits = {});
  DocumentFetcher(const DocumentFetcher&) = delete;
  DocumentFetcher& operator=(const DocumentFetcher&) = delete;

  // Of a URL without a fault (client_document.h). Reason::client_document_refused for an answer
  // that stays wrong, Reason::client_document_unreachable for one that may yet come. The
  // description is for our log only: it would tell strangers what can be reached from here.
  base::Coroutine<Judged<Document>> fetch(const std::string& url, std::size_t body_bytes_max);

 private:
  class Slot;

  Judged<Document> judge(const http::ClientResponse& response) const;

  http::Client& client_;
  ClientDocumentLimits limits_;
  PeerRateLimit host_limit_;
  std::size_t fetches_ = 0;
};

Rejection document_refused(std::string why);
Rejection document_unreachable(std::string why);

}  // namespace gatehouse::oauth
