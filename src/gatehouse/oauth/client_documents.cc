// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_documents.h"

#include <algorithm>
#include <utility>

#include "gatehouse/http/cache_control.h"
#include "gatehouse/http/media_type.h"
#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/known_clients.h"

namespace gatehouse::oauth {
namespace {

using std::chrono::seconds;
using telemetry::Field;

constexpr seconds kHostWindow{60};

Rejection refused(const std::string& why) { return {Reason::client_document_refused, why}; }

Rejection unreachable(const std::string& why) { return {Reason::client_document_unreachable, why}; }

// Too large or unlawful answers stay so; the rest is the network's.
Rejection rejection_for(const base::Error& error) {
  const bool is_final =
      error.code == base::Errc::denied || error.code == base::Errc::invalid_argument;
  return is_final ? refused(error.detail) : unreachable(error.detail);
}

// Says nothing about the document: the host is in trouble, or lets no machine like ours look.
bool is_passing(int status) {
  return status >= 500 || status == 401 || status == 403 || status == 408 || status == 425 ||
         status == 429;
}

// What the client's developer may know. How a connection failed is for our log only: it would tell
// strangers what can be reached from here.
Rejection told_outside(const Rejection& rejection) {
  if (rejection.reason == Reason::client_document_unreachable) {
    return unreachable("the client's metadata document could not be fetched; try again");
  }
  return refused("the client's metadata document is refused: " + rejection.description);
}

http::ClientRequest request_for(const std::string& url, const ClientDocumentLimits& limits) {
  http::ClientRequest request;
  request.url = url;
  request.headers.push_back({"Accept", "application/json"});
  request.timeout = limits.fetch_timeout;
  request.body_bytes_max = kClientDocumentBytesMax;
  return request;
}

}  // namespace

// A place in the flight for one URL. The last one out takes the flight off the list.
class ClientDocuments::Seat {
 public:
  Seat(ClientDocuments& documents, const std::string& url) : documents_(documents), url_(url) {
    std::shared_ptr<Flight>& listed = documents_.flights_[url_];
    if (listed == nullptr || listed->outcome) listed = std::make_shared<Flight>();
    flight_ = listed;
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    const auto listed = documents_.flights_.find(url_);
    constexpr long kListAndSelf = 2;
    if (listed != documents_.flights_.end() && listed->second == flight_ &&
        flight_.use_count() == kListAndSelf) {
      documents_.flights_.erase(listed);
    }
  }
  Flight& flight() const { return *flight_; }

 private:
  ClientDocuments& documents_;
  std::string url_;
  std::shared_ptr<Flight> flight_;
};

// One of the fetches under way.
class ClientDocuments::Slot {
 public:
  explicit Slot(std::size_t& taken) : taken_(taken) { ++taken_; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { --taken_; }

 private:
  std::size_t& taken_;
};

ClientDocuments::ClientDocuments(const AuthorizationServerSettings& settings, http::Client& client,
                                 const base::Clock& clock, telemetry::Log& log,
                                 ClientDocumentLimits limits)
    : settings_(settings),
      client_(client),
      clock_(clock),
      log_(log),
      limits_(limits),
      host_limit_(limits.fetches_per_host_and_minute, limits.hosts_counted_max, clock,
                  kHostWindow) {}

base::Coroutine<Judged<Client>> ClientDocuments::find(std::string client_id) {
  const auto fault = client_document_url_fault(client_id);
  if (fault) {
    const Rejection rejection = refused("client_id " + *fault);
    log_failure("client document refused", client_id, rejection);
    co_return rejection;
  }
  if (const Kept* const copy = copy_of(client_id);
      copy != nullptr && clock_.steady_now() < copy->fresh_until) {
    co_return copy->client;
  }
  const Seat seat(*this, client_id);
  const auto turn = co_await seat.flight().turnstile.enter(limits_.fetch_timeout);
  if (seat.flight().outcome) co_return *seat.flight().outcome;
  if (!turn) {
    const Rejection late = unreachable("waited too long for another fetch of it");
    co_return stand_in(client_id, late);
  }
  const auto fetched = co_await fetch(client_id);
  seat.flight().outcome = settle(client_id, fetched);
  co_return *seat.flight().outcome;
}

base::Coroutine<Judged<ClientDocuments::Fetched>> ClientDocuments::fetch(const std::string& url) {
  const Rejection busy = unreachable("too many documents are being fetched");
  if (fetches_ >= limits_.fetches_at_once_max) co_return busy;
  const Rejection often = unreachable("too many documents of this host within a minute");
  if (host_limit_.admit(client_document_host(url))) co_return often;
  const Slot slot(fetches_);
  const http::ClientRequest request = request_for(url, limits_);
  const auto response = co_await client_.send(request);
  if (!response) co_return rejection_for(response.error());
  co_return judge(url, *response);
}

Judged<ClientDocuments::Fetched> ClientDocuments::judge(
    const std::string& url, const http::ClientResponse& response) const {
  if (response.status != 200) {
    const std::string what = "its host answered with status " + std::to_string(response.status);
    return is_passing(response.status) ? unreachable(what) : refused(what);
  }
  if (!http::is_json_type(response.header("Content-Type"))) {
    return refused("its media type is not application/json in UTF-8");
  }
  auto client = parse_client_document(settings_, url, response.body.reveal());
  if (!client) return refused(client.error().description);
  const auto said = http::cache_lifetime(response.header("Cache-Control"));
  Fetched fetched;
  fetched.client = *std::move(client);
  fetched.lifetime = std::clamp(said.value_or(limits_.lifetime_default), limits_.lifetime_min,
                                limits_.lifetime_max);
  return fetched;
}

Judged<Client> ClientDocuments::settle(const std::string& url, const Judged<Fetched>& fetched) {
  if (fetched) {
    const Time fresh_until = clock_.steady_now() + fetched->lifetime;
    keep(url, fetched->client, fresh_until, fresh_until + limits_.last_good_copy);
    return fetched->client;
  }
  if (fetched.error().reason == Reason::client_document_unreachable) {
    return stand_in(url, fetched.error());
  }
  drop(url);
  log_failure("client document refused", url, fetched.error());
  return told_outside(fetched.error());
}

// The copy serves for a while without asking again: a host that does not answer costs everybody
// who waits for it seconds.
Judged<Client> ClientDocuments::stand_in(const std::string& url, const Rejection& rejection) {
  const Time now = clock_.steady_now();
  const Time retry_at = now + limits_.retry_interval;
  if (Kept* const copy = copy_of(url); copy != nullptr && now < copy->serves_until) {
    copy->fresh_until = std::min(retry_at, copy->serves_until);
    log_failure("client document not fetched, its last good copy serves", url, rejection);
    return copy->client;
  }
  if (const auto known = known_client(url)) {
    keep(url, *known, retry_at, retry_at);
    log_failure("client document not fetched, the copy in this release serves", url, rejection);
    return *known;
  }
  log_failure("client document not fetched", url, rejection);
  return told_outside(rejection);
}

void ClientDocuments::log_failure(std::string_view event, const std::string& url,
                                  const Rejection& rejection) const {
  const std::string host = client_document_host(url);
  log_.info(event, {{Field::client, std::string_view(url)},
                    {Field::upstream, std::string_view(host)},
                    {Field::detail, std::string_view(rejection.description)}});
}

ClientDocuments::Kept* ClientDocuments::copy_of(const std::string& url) {
  const auto found = by_url_.find(url);
  if (found == by_url_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return &kept_.front();
}

void ClientDocuments::keep(const std::string& url, const Client& client, Time fresh_until,
                           Time serves_until) {
  drop(url);
  while (!kept_.empty() && kept_.size() >= limits_.documents_max) drop(kept_.back().url);
  kept_.push_front({url, client, fresh_until, serves_until});
  by_url_[url] = kept_.begin();
}

void ClientDocuments::drop(const std::string& url) {
  const auto found = by_url_.find(url);
  if (found == by_url_.end()) return;
  const Copies::iterator place = found->second;
  by_url_.erase(found);
  kept_.erase(place);
}

}  // namespace gatehouse::oauth
