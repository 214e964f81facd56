// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/base/turnstile.h"
#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/document_fetcher.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {

// One kind of what clients publish, fetched when first asked for and kept in this process. No
// failure is kept: whoever asks next asks the host again. What its host takes back or breaks is
// refused at once; while the host cannot be asked, the last good copy or the one that we ship
// serves. For the event loop's thread; outlives its coroutines.
template <class T>
class PublishedCopies {
 public:
  struct Kind {
    Kind() {}
    std::string log_name;      // "client document"
    std::string told_outside;  // "the client's metadata document"; empty: everything is told
    std::size_t bytes_max = 0;
    std::function<Judged<T>(const std::string& url, std::string_view body)> read;
    std::function<std::optional<T>(std::string_view url)> shipped;  // may be empty
  };

  PublishedCopies(Kind kind, DocumentFetcher& fetcher, const base::Clock& clock,
                  telemetry::Log& log, ClientDocumentLimits limits)
      : kind_(std::move(kind)), fetcher_(fetcher), clock_(clock), log_(log), limits_(limits) {}
  PublishedCopies(const PublishedCopies&) = delete;
  PublishedCopies& operator=(const PublishedCopies&) = delete;

  // `url` has no fault (client_document.h); `client_id` is for the log, if there is one, and
  // `trace`, which outlives the coroutine, is that of the request which asks. As
  // DocumentFetcher::fetch(), but with descriptions that its developer may read.
  base::Coroutine<Judged<T>> find(std::string url, std::string client_id,
                                  const telemetry::RequestTrace& trace);

  // Makes the next find() ask the host again, unless it was asked within the retry interval; then
  // false.
  bool doubt(const std::string& url);

  std::size_t size() const { return kept_.size(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Kept {
    std::string url;
    T content;
    Time asked_at{};
    Time fresh_until{};
    Time serves_until{};  // when its host cannot be asked
  };
  using Copies = std::list<Kept>;  // most recently used first
  struct Read {
    T content;
    std::chrono::seconds lifetime{};
  };
  // Everybody who waits for one URL; the first asks, the others share what it learns.
  struct Flight {
    base::Turnstile turnstile;
    std::optional<Judged<T>> outcome;
  };
  // A place in the flight for one URL. The last one out takes the flight off the list.
  class Seat {
   public:
    Seat(PublishedCopies& copies, const std::string& url) : copies_(copies), url_(url) {
      std::shared_ptr<Flight>& listed = copies_.flights_[url_];
      if (listed == nullptr || listed->outcome) listed = std::make_shared<Flight>();
      flight_ = listed;
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat() {
      const auto listed = copies_.flights_.find(url_);
      constexpr long kListAndSelf = 2;
      if (listed != copies_.flights_.end() && listed->second == flight_ &&
          flight_.use_count() == kListAndSelf) {
        copies_.flights_.erase(listed);
      }
    }
    Flight& flight() const { return *flight_; }

   private:
    PublishedCopies& copies_;
    std::string url_;
    std::shared_ptr<Flight> flight_;
  };

  base::Coroutine<Judged<Read>> fetch(const std::string& url);
  // Who asks, for the log.
  struct Asker {
    const std::string& client_id;
    const telemetry::RequestTrace& trace;
  };
  Judged<T> settle(const std::string& url, const Asker& asker, const Judged<Read>& read);
  Judged<T> stand_in(const std::string& url, const Asker& asker, const Rejection& rejection);
  Rejection told_outside(const Rejection& rejection) const;
  void log_failure(std::string_view what, const std::string& url, const Asker& asker,
                   const Rejection& rejection) const;

  Kept* copy_of(const std::string& url);
  void keep(const std::string& url, const T& content, Time fresh_until, Time serves_until);
  void drop(const std::string& url);

  Kind kind_;
  DocumentFetcher& fetcher_;
  const base::Clock& clock_;
  telemetry::Log& log_;
  ClientDocumentLimits limits_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  Copies kept_;
  std::unordered_map<std::string, typename Copies::iterator> by_url_;
};

template <class T>
base::Coroutine<Judged<T>> PublishedCopies<T>::find(std::string url, std::string client_id,
                                                    const telemetry::RequestTrace& trace) {
  if (const Kept* const copy = copy_of(url);
      copy != nullptr && clock_.steady_now() < copy->fresh_until) {
    co_return copy->content;
  }
  const Asker asker{client_id, trace};
  const Seat seat(*this, url);
  const auto turn = co_await seat.flight().turnstile.enter(limits_.fetch_timeout);
  if (seat.flight().outcome) co_return *seat.flight().outcome;
  if (!turn) {
    const Rejection late = document_unreachable("waited too long for another fetch of it");
    co_return stand_in(url, asker, late);
  }
  const auto read = co_await fetch(url);
  seat.flight().outcome = settle(url, asker, read);
  co_return *seat.flight().outcome;
}

template <class T>
bool PublishedCopies<T>::doubt(const std::string& url) {
  Kept* const copy = copy_of(url);
  if (copy == nullptr) return true;
  const Time now = clock_.steady_now();
  if (now < copy->asked_at + limits_.retry_interval) return false;
  copy->fresh_until = now;
  return true;
}

template <class T>
auto PublishedCopies<T>::fetch(const std::string& url) -> base::Coroutine<Judged<Read>> {
  const auto document = co_await fetcher_.fetch(url, kind_.bytes_max);
  if (!document) co_return document.error();
  auto content = kind_.read(url, document->body);
  if (!content) co_return document_refused(content.error().description);
  Read read;
  read.content = *std::move(content);
  read.lifetime = std::min(document->lifetime, limits_.lifetime_max);
  co_return read;
}

template <class T>
Judged<T> PublishedCopies<T>::settle(const std::string& url, const Asker& asker,
                                     const Judged<Read>& read) {
  if (read) {
    const Time fresh_until = clock_.steady_now() + read->lifetime;
    keep(url, read->content, fresh_until, fresh_until + limits_.last_good_copy);
    return read->content;
  }
  if (read.error().reason == Reason::client_document_unreachable) {
    return stand_in(url, asker, read.error());
  }
  drop(url);
  log_failure(" refused", url, asker, read.error());
  return told_outside(read.error());
}

// The copy serves for a while without asking again: a host that does not answer costs everybody
// who waits for it seconds.
template <class T>
Judged<T> PublishedCopies<T>::stand_in(const std::string& url, const Asker& asker,
                                       const Rejection& rejection) {
  const Time now = clock_.steady_now();
  const Time retry_at = now + limits_.retry_interval;
  if (Kept* const copy = copy_of(url); copy != nullptr && now < copy->serves_until) {
    copy->asked_at = now;
    copy->fresh_until = std::min(retry_at, copy->serves_until);
    log_failure(" not fetched, its last good copy serves", url, asker, rejection);
    return copy->content;
  }
  const auto shipped = kind_.shipped ? kind_.shipped(url) : std::nullopt;
  if (shipped) {
    keep(url, *shipped, retry_at, retry_at);
    log_failure(" not fetched, the copy in this release serves", url, asker, rejection);
    return *shipped;
  }
  log_failure(" not fetched", url, asker, rejection);
  return told_outside(rejection);
}

// How a connection failed is for our log only.
template <class T>
Rejection PublishedCopies<T>::told_outside(const Rejection& rejection) const {
  if (kind_.told_outside.empty()) return rejection;
  if (rejection.reason == Reason::client_document_unreachable) {
    return document_unreachable(kind_.told_outside + " could not be fetched; try again");
  }
  return document_refused(kind_.told_outside + " is refused: " + rejection.description);
}

template <class T>
void PublishedCopies<T>::log_failure(std::string_view what, const std::string& url,
                                     const Asker& asker, const Rejection& rejection) const {
  const std::string event = kind_.log_name + std::string(what);
  const std::string host = client_document_host(url);
  const telemetry::LogField upstream{telemetry::Field::upstream, std::string_view(host)};
  const telemetry::LogField detail{telemetry::Field::detail,
                                   std::string_view(rejection.description)};
  telemetry::TracedLog log(log_, asker.trace);
  if (asker.client_id.empty()) return log.info(event, {upstream, detail});
  log.info(event,
           {{telemetry::Field::client, std::string_view(asker.client_id)}, upstream, detail});
}

template <class T>
typename PublishedCopies<T>::Kept* PublishedCopies<T>::copy_of(const std::string& url) {
  const auto found = by_url_.find(url);
  if (found == by_url_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return &kept_.front();
}

template <class T>
void PublishedCopies<T>::keep(const std::string& url, const T& content, Time fresh_until,
                              Time serves_until) {
  drop(url);
  while (!kept_.empty() && kept_.size() >= limits_.documents_max) drop(kept_.back().url);
  kept_.push_front({url, content, clock_.steady_now(), fresh_until, serves_until});
  by_url_[url] = kept_.begin();
}

template <class T>
void PublishedCopies<T>::drop(const std::string& url) {
  const auto found = by_url_.find(url);
  if (found == by_url_.end()) return;
  const typename Copies::iterator place = found->second;
  by_url_.erase(found);
  kept_.erase(place);
}

}  // namespace gatehouse::oauth
