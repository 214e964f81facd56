// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/upstream_tokens.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using google::ApiError;
using google::ApiFault;
using telemetry::TracedLog;
using vault::LiveGrant;
using vault::UpstreamCredentials;

// Google's tokens live an hour; a call may take a minute.
constexpr auto kRefreshMargin = 90s;
constexpr auto kFlightLimit = 60s;
constexpr std::size_t kReplicaIdBytes = 12;

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;

ApiError sign_in_again(std::string message) {
  return ApiError{ApiFault::reconsent_needed, std::move(message), std::nullopt, 401};
}

ApiError unavailable(std::string message) {
  return ApiError{ApiFault::google_unavailable, std::move(message), std::chrono::seconds(5), 0};
}

ApiError from_vault(const vault::RefusedError& error) {
  if (error.code == vault::Refused::unavailable) {
    return unavailable("Gatehouse's own store cannot be reached at the moment.");
  }
  return sign_in_again("This session has ended.");
}

ApiError from_refusal(const identity::RefusalError& error) {
  if (error.code == identity::Refusal::refresh_revoked) {
    return sign_in_again(
        "Google no longer honours this sign-in: access was withdrawn, the password changed, or the "
        "administrator ended it.");
  }
  if (error.code == identity::Refusal::client_misconfigured) {
    return ApiError{ApiFault::blocked_by_admin,
                    "Google refuses Gatehouse's own client. The operator must look at "
                    "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.",
                    std::nullopt, 0};
  }
  return unavailable("Google's sign-in service does not answer at the moment.");
}

UpstreamCredentials without_refresh_token(UpstreamCredentials credentials) {
  credentials.refresh_token.wipe();
  return credentials;
}

}  // namespace

// A refresh under way. Calls that want the same grant's token wait on the timer, which is cancelled
// when it is done; they then read the vault again, so nothing secret is handed around.
struct Flight {
  Flight(boost::asio::io_context& loop, const telemetry::RequestTrace& began_by)
      : done_signal(loop.get_executor(), kFlightLimit), trace(began_by.named()) {}
  Timer done_signal;
  const telemetry::RequestTrace trace;
  bool done = false;
  std::optional<ApiError> failure;
};

class UpstreamTokens::Impl {
 public:
  Impl(boost::asio::io_context& loop, vault::GrantVault& vault,
       identity::IdentityProvider& provider, UpstreamTokensOptions options,
       const base::Clock& clock, base::Random& random, telemetry::Log& log)
      : loop_(loop),
        vault_(vault),
        provider_(provider),
        options_(options),
        replica_(random.token(kReplicaIdBytes)),
        clock_(clock),
        log_(log) {}

  std::uint64_t refresh_failures() const { return refresh_failures_; }

  google::ApiTask<Fresh> credentials(const LiveGrant& grant, const base::Secret& bearer,
                                     const base::Secret& rejected,
                                     const telemetry::RequestTrace& trace) {
    auto opened = co_await vault_.open_upstream(grant, bearer.reveal());
    if (!opened) co_return from_vault(opened.error());
    if (is_good(*opened, rejected)) co_return fresh(std::move(*opened));

    auto refreshed = co_await join_flight(grant, bearer, rejected, trace);
    if (!refreshed) co_return refreshed.error();

    auto current = co_await vault_.authenticate(bearer.reveal());
    if (!current) co_return from_vault(current.error());
    auto reopened = co_await vault_.open_upstream(**current, bearer.reveal());
    if (!reopened) co_return from_vault(reopened.error());
    if (!is_good(*reopened, rejected))
      co_return unavailable("Google's new token could not be stored; try again.");
    co_return fresh(std::move(*reopened));
  }

 private:
  static Fresh fresh(UpstreamCredentials credentials) {
    Fresh result;
    result.credentials = without_refresh_token(std::move(credentials));
    return result;
  }

  bool is_good(const UpstreamCredentials& credentials, const base::Secret& rejected) const {
    if (credentials.access_token.empty()) return false;
    if (!rejected.empty() &&
        base::equal_in_constant_time(credentials.access_token.reveal(), rejected.reveal()))
      return false;
    return credentials.access_expires > clock_.now() + kRefreshMargin;
  }

  google::ApiTask<void> join_flight(const LiveGrant& grant, const base::Secret& bearer,
                                    const base::Secret& rejected,
                                    const telemetry::RequestTrace& trace) {
    std::shared_ptr<Flight> flight;
    auto found = flights_.find(grant.id);
    if (found != flights_.end()) {
      flight = found->second;
    } else {
      flight = std::make_shared<Flight>(loop_, trace);
      flights_[grant.id] = flight;
      launch(grant.id, bearer.clone(), rejected.clone(), flight);
    }
    if (!flight->done) {
      boost::system::error_code cancelled_means_done;
      auto token = boost::asio::redirect_error(kAwait, cancelled_means_done);
      co_await flight->done_signal.async_wait(token);
    }
    if (!flight->done) co_return unavailable("Google's sign-in service took too long to answer.");
    if (flight->failure) co_return *flight->failure;
    co_return google::ApiResult<void>();
  }

  // Runs on its own, so that a caller who goes away does not take the refresh with it.
  void launch(std::string id, base::Secret bearer, base::Secret rejected,
              std::shared_ptr<Flight> flight) {
    auto landed = [this, id, flight](std::exception_ptr trouble) {
      if (trouble) {
        flight->failure = unavailable("Renewing Google's token failed inside Gatehouse.");
        TracedLog(log_, flight->trace).error("google token refresh threw");
      }
      flight->done = true;
      flights_.erase(id);
      flight->done_signal.cancel();
    };
    boost::asio::co_spawn(loop_.get_executor(),
                          refresh(std::move(bearer), std::move(rejected), flight),
                          std::move(landed));
  }

  // A grant as it is now, and what it holds.
  struct Opened {
    Opened() {}
    LiveGrant grant;
    UpstreamCredentials credentials;
  };

  google::ApiTask<Opened> open_now(const base::Secret& bearer) {
    auto current = co_await vault_.authenticate(bearer.reveal());
    if (!current) co_return from_vault(current.error());
    auto credentials = co_await vault_.open_upstream(**current, bearer.reveal());
    if (!credentials) co_return from_vault(credentials.error());
    Opened opened;
    opened.grant = **current;
    opened.credentials = std::move(*credentials);
    co_return opened;
  }

  base::Coroutine<void> refresh(base::Secret bearer, base::Secret rejected,
                                std::shared_ptr<Flight> flight) {
    // Another replica, or a flight that just landed, may have stored a good token meanwhile.
    auto opened = co_await open_now(bearer);
    if (opened && options_.shared_store && needs_refresh(*opened, rejected)) {
      opened = co_await take_lease(std::move(*opened), bearer, rejected);
    }
    if (!opened) {
      flight->failure = opened.error();
      co_return;
    }
    if (is_good(opened->credentials, rejected)) co_return;
    co_await refresh_at_google(*opened, bearer, *flight);
    if (!flight->failure) co_return;
    // Whoever refreshed at the same time may have had more luck.
    auto now = co_await open_now(bearer);
    if (now && is_good(now->credentials, rejected)) flight->failure.reset();
  }

  bool needs_refresh(const Opened& opened, const base::Secret& rejected) const {
    return !is_good(opened.credentials, rejected) && !opened.credentials.refresh_token.empty();
  }

  // Comes back with the lease, with what another replica has stored, or, when the other one took
  // too long, without either: then there are two refreshes, which does no harm.
  google::ApiTask<Opened> take_lease(Opened opened, const base::Secret& bearer,
                                     const base::Secret& rejected) {
    const auto give_up_at = std::chrono::steady_clock::now() + options_.lease_time;
    for (;;) {
      const base::SystemTime until = clock_.now() + options_.lease_time;
      auto lease = co_await vault_.lease_upstream(opened.grant, bearer.reveal(), replica_, until);
      if (!lease) co_return from_vault(lease.error());
      if (lease->ours) {
        opened.grant = std::move(lease->grant);
        co_return opened;
      }
      if (std::chrono::steady_clock::now() >= give_up_at) co_return opened;
      if (lease->until > clock_.now()) {
        Timer pause(loop_.get_executor(), options_.poll_interval);
        co_await pause.async_wait(kAwait);
      }
      auto now = co_await open_now(bearer);
      if (!now) co_return now.error();
      opened = std::move(*now);
      if (!needs_refresh(opened, rejected)) co_return opened;
    }
  }

  base::Coroutine<void> refresh_at_google(Opened& opened, const base::Secret& bearer,
                                          Flight& flight) {
    UpstreamCredentials& credentials = opened.credentials;
    if (credentials.refresh_token.empty()) {
      flight.failure = sign_in_again("Google gave no lasting permission at the last sign-in.");
      co_return;
    }
    auto renewed = co_await provider_.refresh(credentials.refresh_token, flight.trace);
    if (!renewed) {
      co_await give_up(opened.grant, bearer, renewed.error(), flight);
      co_return;
    }
    credentials.access_token = std::move(renewed->access_token);
    credentials.access_expires = renewed->access_expires;
    if (!renewed->refresh_token.empty()) {
      credentials.refresh_token = std::move(renewed->refresh_token);
    }
    if (!renewed->scopes.empty()) credentials.scopes = std::move(renewed->scopes);
    auto saved = co_await vault_.save_upstream(opened.grant, bearer.reveal(), credentials);
    if (!saved) flight.failure = from_vault(saved.error());
  }

  base::Coroutine<void> give_up(const LiveGrant& grant, const base::Secret& bearer,
                                const identity::RefusalError& refusal, Flight& flight) {
    TracedLog log(log_, flight.trace);
    flight.failure = from_refusal(refusal);
    if (refusal.code != identity::Refusal::refresh_revoked) {
      ++refresh_failures_;
      log.warn("google token refresh failed", {{telemetry::Field::detail, refusal.detail}});
      if (!options_.shared_store) co_return;
      auto returned = co_await vault_.return_lease(grant, bearer.reveal(), replica_);
      // Kept, it only makes the others wait until it ends.
      if (!returned) {
        log.warn("could not return a lease", {{telemetry::Field::detail, returned.error().detail}});
      }
      co_return;
    }
    log.audit("google ended a grant",
              {{telemetry::Field::user, std::string_view(grant.user.str()).substr(0, 12)}});
    auto ended = co_await vault_.end_grant(grant);
    if (!ended)
      log.warn("could not end a dead grant", {{telemetry::Field::detail, ended.error().detail}});
  }

  boost::asio::io_context& loop_;
  vault::GrantVault& vault_;
  identity::IdentityProvider& provider_;
  const UpstreamTokensOptions options_;
  const std::string replica_;  // names this process in leases
  const base::Clock& clock_;
  telemetry::Log& log_;
  std::uint64_t refresh_failures_ = 0;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

UpstreamTokens::UpstreamTokens(boost::asio::io_context& loop, vault::GrantVault& vault,
                               identity::IdentityProvider& provider, UpstreamTokensOptions options,
                               const base::Clock& clock, base::Random& random, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(loop, vault, provider, options, clock, random, log)) {}

UpstreamTokens::~UpstreamTokens() = default;

std::uint64_t UpstreamTokens::refresh_failures() const { return impl_->refresh_failures(); }

google::ApiTask<UpstreamTokens::Fresh> UpstreamTokens::credentials(
    const LiveGrant& grant, const base::Secret& bearer, const base::Secret& rejected,
    const telemetry::RequestTrace& trace) {
  return impl_->credentials(grant, bearer, rejected, trace);
}

}  // namespace gatehouse::gateway
