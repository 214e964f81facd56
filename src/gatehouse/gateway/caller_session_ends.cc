// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/caller_session_ends.h"

#include <cassert>
#include <string_view>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

using telemetry::Field;
using vault::Refused;

}  // namespace

base::Coroutine<workspace::Ended> CallerSessionEnds::end(const workspace::Account& account,
                                                         workspace::Ending ending) {
  const auto* const caller = dynamic_cast<const CallerAccount*>(&account);
  assert(caller != nullptr);
  const bool everywhere = ending == workspace::Ending::everywhere;
  workspace::Ended ended;
  // Opened first: what has ended opens no more.
  base::Secret at_google;
  if (everywhere && !caller->grant().awaits_account()) {
    auto upstream = co_await grants_.open_upstream(caller->grant(), caller->bearer().reveal());
    if (upstream) at_google = std::move(upstream->refresh_token);
  }
  const auto done = co_await end_sessions(*caller, ending);
  ended.is_done =
      done || (done.error().code != Refused::unavailable && done.error().code != Refused::tampered);
  if (!done)
    telemetry::TracedLog(log_, caller->trace)
        .warn("session not ended", {{Field::detail, std::string_view(done.error().detail)}});
  if (!ended.is_done || at_google.empty()) co_return ended;
  // Google ends all tokens of the person and this program with one of them.
  const auto revoked = co_await provider_.revoke(at_google, caller->trace);
  ended.is_revoked_at_google = static_cast<bool>(revoked);
  co_return ended;
}

vault::VaultTask<void> CallerSessionEnds::end_sessions(const CallerAccount& caller,
                                                       workspace::Ending ending) {
  const vault::LiveGrant& grant = caller.grant();
  if (grant.awaits_account()) {
    auto ended = co_await grants_.end_grant(grant);
    co_return ended;
  }
  const auto pickup = co_await grants_.pickup_of(grant, caller.bearer().reveal());
  if (!pickup) co_return pickup.error();
  if (ending == workspace::Ending::everywhere) {
    auto ended = co_await grants_.end_everything_of(pickup->subject);
    co_return ended;
  }
  auto ended = co_await own_sessions_.end(pickup->subject, grant.id);
  co_return ended;
}

}  // namespace gatehouse::gateway
