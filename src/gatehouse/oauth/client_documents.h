// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/base/turnstile.h"
#include "gatehouse/http/client.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/peer_rate_limit.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"

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

// Clients that publish themselves, fetched when first named and kept in this process. No failure is
// kept: whoever asks next asks the host again. A document that its host takes back or breaks is
// refused at once; while the host cannot be asked, the last good copy or the one that we ship
// serves. For the event loop's thread; outlives its coroutines.
class ClientDocuments {
 public:
  // `client` connects only to public addresses and follows no redirects: URLs come from strangers.
  ClientDocuments(const AuthorizationServerSettings& settings, http::Client& client,
                  const base::Clock& clock, telemetry::Log& log, ClientDocumentLimits limits = {});
  ClientDocuments(const ClientDocuments&) = delete;
  ClientDocuments& operator=(const ClientDocuments&) = delete;

  // Reason::client_document_refused when it can be no client, Reason::client_document_unreachable
  // when that cannot be told now.
  base::Coroutine<Judged<Client>> find(std::string client_id);

  std::size_t size() const { return kept_.size(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Kept {
    std::string url;
    Client client;
    Time fresh_until{};
    Time serves_until{};  // when its host cannot be asked
  };
  using Copies = std::list<Kept>;  // most recently used first
  struct Fetched {
    Client client;
    std::chrono::seconds lifetime{};
  };
  // Everybody who waits for one URL; the first asks, the others share what it learns.
  struct Flight {
    base::Turnstile turnstile;
    std::optional<Judged<Client>> outcome;
  };
  class Seat;
  class Slot;

  base::Coroutine<Judged<Fetched>> fetch(const std::string& url);
  Judged<Fetched> judge(const std::string& url, const http::ClientResponse& response) const;
  Judged<Client> settle(const std::string& url, const Judged<Fetched>& fetched);
  Judged<Client> stand_in(const std::string& url, const Rejection& rejection);
  void log_failure(std::string_view event, const std::string& url,
                   const Rejection& rejection) const;

  Kept* copy_of(const std::string& url);
  void keep(const std::string& url, const Client& client, Time fresh_until, Time serves_until);
  void drop(const std::string& url);

  const AuthorizationServerSettings& settings_;
  http::Client& client_;
  const base::Clock& clock_;
  telemetry::Log& log_;
  ClientDocumentLimits limits_;
  PeerRateLimit host_limit_;
  std::size_t fetches_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  Copies kept_;
  std::unordered_map<std::string, Copies::iterator> by_url_;
};

}  // namespace gatehouse::oauth
