// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/data_keys.h"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <cstring>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::vault {
namespace {

using std::chrono::steady_clock;

constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::chrono::seconds kFlightLimit{15};
// A key service that fails when the day's key is due must not stop the sealing at once.
constexpr std::chrono::seconds kSealOvertime{3600};
// One call's worth of failures must not become one call per request.
constexpr std::size_t kFlightsMax = 256;

using Timer =
    boost::asio::basic_waitable_timer<steady_clock, boost::asio::wait_traits<steady_clock>,
                                      base::Executor>;

struct DigestHash {
  std::size_t operator()(const crypto::Sha256& digest) const noexcept {
    std::size_t hash;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

std::string canonical(const KeyContext& context) {
  std::string text;
  for (const auto& [name, value] : context) {
    base::append_framed(text, name);
    base::append_framed(text, value);
  }
  return text;
}

}  // namespace

// A call to the key service that others wait for. They look for its outcome where it left it.
struct DataKeyFlight {
  explicit DataKeyFlight(const base::Executor& executor) : landed(executor, kFlightLimit) {}
  Timer landed;
  bool done = false;
  std::optional<base::Error> failure;
  base::Secret plaintext;  // for waiters, while reuse is switched off
};

using FlightPtr = std::shared_ptr<DataKeyFlight>;

// Ends the flight even when the coroutine that leads it is destroyed half-way.
class FlightLanding {
 public:
  explicit FlightLanding(FlightPtr flight) : flight_(std::move(flight)) {}
  ~FlightLanding() {
    if (!flight_->done && !flight_->failure) {
      flight_->failure = base::Error{base::Errc::unavailable, "the key request was given up"};
    }
    flight_->done = true;
    flight_->landed.cancel();
  }
  FlightLanding(const FlightLanding&) = delete;
  FlightLanding& operator=(const FlightLanding&) = delete;

  void succeed() { flight_->done = true; }
  void fail(base::Error error) { flight_->failure = std::move(error); }

 private:
  FlightPtr flight_;
};

namespace {

base::Task<void> wait_for(FlightPtr flight) {
  if (!flight->done) {
    boost::system::error_code cancelled_means_landed;
    auto token = boost::asio::redirect_error(kAwait, cancelled_means_landed);
    co_await flight->landed.async_wait(token);
  }
  if (!flight->done) {
    co_return base::Error{base::Errc::timeout, "the key service takes too long to answer"};
  }
  if (flight->failure) co_return *flight->failure;
  co_return base::Result<void>();
}

}  // namespace

class DataKeys::Impl {
 public:
  Impl(KeyProvider& provider, KeyContext context, DataKeyLimits limits, const base::Clock& clock)
      : provider_(provider),
        context_(std::move(context)),
        canonical_context_(canonical(context_)),
        limits_(limits),
        clock_(clock) {}

  base::Task<SealingKey> sealing_key() {
    if (!may_seal(limits_.seal_age_max)) {
      auto renewed = co_await renew_sealing_key();
      if (!renewed && !may_seal_in_overtime(renewed.error())) co_return renewed.error();
    }
    ++seals_;
    SealingKey key;
    key.plaintext = sealing_.plaintext.clone();
    key.wrapped = sealing_.wrapped;
    co_return key;
  }

  base::Task<base::Secret> opening_key(std::string_view wrapped) {
    const crypto::Sha256 name = crypto::sha256({wrapped, canonical_context_});
    if (const base::Secret* const cached = find_cached(name)) co_return cached->clone();

    const auto under_way = unwrapping_.find(name);
    if (under_way != unwrapping_.end()) {
      const FlightPtr flight = under_way->second;
      auto landed = co_await wait_for(flight);
      if (!landed) co_return landed.error();
      co_return flight->plaintext.clone();
    }
    if (unwrapping_.size() >= kFlightsMax) {
      co_return base::Error{base::Errc::unavailable, "too many data keys are being unwrapped"};
    }
    auto opened = co_await unwrap(name, std::string(wrapped));
    co_return opened;
  }

 private:
  struct Opened {
    crypto::Sha256 name;
    base::Secret plaintext;
    steady_clock::time_point opened_at;
  };

  bool may_seal(std::chrono::seconds age_max) const {
    if (sealing_.wrapped.empty() || seals_ >= limits_.seals_max) return false;
    return clock_.steady_now() - sealing_since_ < age_max;
  }

  bool may_seal_in_overtime(const base::Error& error) const {
    const bool passing = error.code == base::Errc::unavailable || error.code == base::Errc::timeout;
    return passing && may_seal(limits_.seal_age_max + kSealOvertime);
  }

  base::Task<void> renew_sealing_key() {
    if (renewing_) {
      const FlightPtr flight = renewing_;
      auto landed = co_await wait_for(flight);
      co_return landed;
    }
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    renewing_ = std::make_shared<DataKeyFlight>(executor);
    FlightLanding landing(renewing_);
    const FlightReset reset(renewing_);
    auto made = co_await provider_.generate(context_);
    if (!made) {
      landing.fail(made.error());
      co_return made.error();
    }
    if (made->plaintext.size() != 32 || made->wrapped.empty()) {
      base::Error malformed{base::Errc::internal, "the key service made a malformed data key"};
      landing.fail(malformed);
      co_return malformed;
    }
    keep(crypto::sha256({made->wrapped, canonical_context_}), made->plaintext);
    sealing_.plaintext = std::move(made->plaintext);
    sealing_.wrapped = std::move(made->wrapped);
    sealing_since_ = clock_.steady_now();
    seals_ = 0;
    landing.succeed();
    co_return base::Result<void>();
  }

  base::Task<base::Secret> unwrap(crypto::Sha256 name, std::string wrapped) {
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    const FlightPtr flight = std::make_shared<DataKeyFlight>(executor);
    unwrapping_[name] = flight;
    FlightLanding landing(flight);
    const UnwrapReset reset(unwrapping_, name);
    auto opened = co_await provider_.unwrap(wrapped, context_);
    if (opened && opened->size() != 32) {
      opened = base::Error{base::Errc::denied, "the data key has the wrong length"};
    }
    if (!opened) {
      landing.fail(opened.error());
      co_return opened.error();
    }
    keep(name, *opened);
    flight->plaintext = opened->clone();
    landing.succeed();
    co_return std::move(*opened);
  }

  const base::Secret* find_cached(const crypto::Sha256& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    if (clock_.steady_now() - found->second->opened_at >= limits_.open_age_max) {
      opened_.erase(found->second);
      by_name_.erase(found);
      return nullptr;
    }
    opened_.splice(opened_.begin(), opened_, found->second);
    return &found->second->plaintext;
  }

  void keep(const crypto::Sha256& name, const base::Secret& plaintext) {
    if (limits_.open_age_max <= std::chrono::seconds(0) || limits_.cached_max == 0) return;
    if (by_name_.contains(name)) return;
    while (opened_.size() >= limits_.cached_max) {
      by_name_.erase(opened_.back().name);
      opened_.pop_back();
    }
    opened_.push_front(Opened{name, plaintext.clone(), clock_.steady_now()});
    by_name_.emplace(name, opened_.begin());
  }

  using Flights = std::unordered_map<crypto::Sha256, FlightPtr, DigestHash>;

  class FlightReset {
   public:
    explicit FlightReset(FlightPtr& flight) : flight_(flight) {}
    ~FlightReset() { flight_.reset(); }
    FlightReset(const FlightReset&) = delete;
    FlightReset& operator=(const FlightReset&) = delete;

   private:
    FlightPtr& flight_;
  };

  class UnwrapReset {
   public:
    UnwrapReset(Flights& flights, const crypto::Sha256& name) : flights_(flights), name_(name) {}
    ~UnwrapReset() { flights_.erase(name_); }
    UnwrapReset(const UnwrapReset&) = delete;
    UnwrapReset& operator=(const UnwrapReset&) = delete;

   private:
    Flights& flights_;
    crypto::Sha256 name_;
  };

  KeyProvider& provider_;
  const KeyContext context_;
  const std::string canonical_context_;
  const DataKeyLimits limits_;
  const base::Clock& clock_;

  SealingKey sealing_;
  steady_clock::time_point sealing_since_{};
  std::uint64_t seals_ = 0;
  FlightPtr renewing_;

  std::list<Opened> opened_;  // most recently used first
  std::unordered_map<crypto::Sha256, std::list<Opened>::iterator, DigestHash> by_name_;
  Flights unwrapping_;
};

DataKeys::DataKeys(KeyProvider& provider, KeyContext context, DataKeyLimits limits,
                   const base::Clock& clock)
    : impl_(std::make_unique<Impl>(provider, std::move(context), limits, clock)) {}

DataKeys::~DataKeys() = default;

base::Task<DataKeys::SealingKey> DataKeys::sealing_key() { return impl_->sealing_key(); }

base::Task<base::Secret> DataKeys::opening_key(std::string_view wrapped) {
  return impl_->opening_key(wrapped);
}

}  // namespace gatehouse::vault
