// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/scope_judge.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/workspace/answer.h"

namespace gatehouse::gateway {
namespace {

using telemetry::Field;

bool contains(const std::vector<std::string>& scopes, const std::string& scope) {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

// Of a session that an identity provider let begin: whether that left the scope out. Then the
// person cannot give it either.
bool is_withheld(const vault::LiveGrant& grant, const std::string& scope) {
  return !grant.origin.empty() && !contains(grant.scopes, scope) &&
         !contains(grant.declined, scope);
}

std::string what_is_missing(const vault::LiveGrant& grant, const std::string& scope) {
  if (grant.awaits_account() && contains(grant.scopes, scope)) return std::string(kAwaitsAccount);
  const std::string permission = "This call needs the permission \"" + scope + "\", which ";
  if (is_withheld(grant, scope)) {
    return permission +
           "the company's identity provider did not give to this session. Nothing was done.";
  }
  const char* const happened =
      contains(grant.declined, scope)
          ? "was asked for when this session began and was not given at Google."
          : "this session was not given.";
  return permission + happened + " Nothing was done.";
}

}  // namespace

bool ChallengesGiven::admits(const std::string& principal, const std::string& scope,
                             const std::string& grant) {
  const base::SystemTime now = clock_.now();
  const std::string key = scope + " " + principal;
  auto found = by_key_.find(key);
  if (found != by_key_.end() && now - found->second->last >= limits_.remembered) {
    entries_.erase(found->second);
    by_key_.erase(found);
    found = by_key_.end();
  }
  if (found != by_key_.end()) {
    Entry& entry = *found->second;
    if (entry.grant != grant || entry.count >= limits_.per_grant_max) return false;
    ++entry.count;
    entry.last = now;
    entries_.splice(entries_.begin(), entries_, found->second);
    return true;
  }
  if (entries_.size() >= limits_.entries_max) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  Entry entry;
  entry.key = key;
  entry.grant = grant;
  entry.count = 1;
  entry.last = now;
  entries_.push_front(std::move(entry));
  by_key_[key] = entries_.begin();
  return true;
}

ScopeJudge::ScopeJudge(const oauth::BearerGuard& guard, vault::GrantVault& grants,
                       web::ConsentLinks& links, const base::Clock& clock, telemetry::Log& log)
    : guard_(guard), grants_(grants), links_(links), log_(log), challenges_({}, clock) {}

base::Coroutine<mcp::ScopeVerdict> ScopeJudge::judge(std::shared_ptr<const mcp::Caller> caller,
                                                     mcp::MissingScope missing) {
  const auto* const account = dynamic_cast<const CallerAccount*>(caller.get());
  assert(account != nullptr);
  mcp::ScopeVerdict verdict;
  const auto same = co_await gained(*account);
  if (same && contains(same->scopes, missing.scope)) {
    verdict.caller = same;
    log("allowed meanwhile", *account, missing.wanted_by);
    co_return verdict;
  }
  const CallerAccount& current = same ? *same : *account;
  if (should_challenge(current, missing)) {
    log("challenged", current, missing.wanted_by);
    const oauth::Scopes needed{missing.scope};
    verdict.challenge = guard_.insufficient_scope(oauth::Endpoint::mcp, needed);
    co_return verdict;
  }
  log("explained", current, missing.wanted_by);
  auto words = co_await explanation(current, missing.scope);
  verdict.explanation = std::move(words);
  co_return verdict;
}

base::Coroutine<workspace::Remedy> ScopeJudge::remedy(const CallerAccount& account,
                                                      const std::string& scope) {
  workspace::Remedy remedy;
  const std::string_view token = account.bearer().reveal();
  const auto picked_up = co_await grants_.pick_up(account.grant(), token);
  remedy.allowed_meanwhile = picked_up && *picked_up;
  log(remedy.allowed_meanwhile ? "allowed meanwhile" : "not allowed at Google", account, {});
  const bool has_no_remedy = !scope.empty() && is_withheld(account.grant(), scope);
  if (remedy.allowed_meanwhile || has_no_remedy) co_return remedy;
  const auto link = co_await consent_link(account, scope);
  if (link) remedy.consent_url = *link;
  co_return remedy;
}

base::Coroutine<bool> ScopeJudge::fetch(const vault::LiveGrant& grant, std::string_view token,
                                        const telemetry::RequestTrace& trace) {
  const auto picked_up = co_await grants_.pick_up(grant, token);
  if (picked_up) co_return *picked_up;
  telemetry::TracedLog(log_, trace)
      .warn("more access not fetched",
            {{Field::detail, std::string_view(picked_up.error().detail)}});
  co_return false;
}

// The caller as the person has allowed meanwhile. Null when they have not, or when that cannot be
// found out now.
base::Coroutine<std::shared_ptr<const CallerAccount>> ScopeJudge::gained(
    const CallerAccount& account) {
  const std::shared_ptr<const CallerAccount> nobody;
  const std::string_view token = account.bearer().reveal();
  const bool fetched = co_await fetch(account.grant(), token, account.trace);
  if (!fetched) co_return nobody;
  auto grant = co_await grants_.authenticate(token, account.trace);
  if (!grant) co_return nobody;
  std::shared_ptr<const CallerAccount> same = account.continued_with(std::move(*grant));
  co_return same;
}

// A client that only refreshed its token after a challenge cannot get a scope by one; nor does one
// to whom Google did not grant it, or who came back without it.
bool ScopeJudge::should_challenge(const CallerAccount& account, const mcp::MissingScope& missing) {
  const vault::LiveGrant& grant = account.grant();
  // The permission is there; an account is missing, and no authorization anew would bring it.
  if (grant.awaits_account() && contains(grant.scopes, missing.scope)) return false;
  if (!missing.can_challenge || grant.refreshed_at || contains(grant.declined, missing.scope))
    return false;
  return challenges_.admits(account.principal, missing.scope, grant.id);
}

base::Coroutine<mcp::ToolResult> ScopeJudge::explanation(const CallerAccount& account,
                                                         const std::string& scope) {
  workspace::Refusal refusal;
  refusal.code = google::name_of(google::ApiFault::scope_missing);
  refusal.message = what_is_missing(account.grant(), scope);
  if (is_withheld(account.grant(), scope)) {
    refusal.fix = "Only who manages the company's identity provider can allow it.";
    co_return workspace::refusal_result(refusal);
  }
  const auto link = co_await consent_link(account, scope);
  if (link) {
    refusal.fix = workspace::kConsentFix;
    refusal.consent_url = *link;
  } else {
    telemetry::TracedLog log(log_, account.trace);
    log.warn("no consent link", {{Field::detail, std::string_view(link.error().detail)}});
    refusal.fix = "Reconnect Gatehouse in your client and allow this permission.";
  }
  co_return workspace::refusal_result(refusal);
}

vault::VaultTask<std::string> ScopeJudge::consent_link(const CallerAccount& account,
                                                       const std::string& scope) {
  const vault::LiveGrant& grant = account.grant();
  auto pickup = co_await grants_.pickup_of(grant, account.bearer().reveal());
  if (!pickup) co_return pickup.error();
  web::Widening widening;
  widening.pickup = std::move(*pickup);
  widening.client = grant.client;
  // Who signs in for the first time is asked once, for all that the provider allowed.
  if (grant.awaits_account()) {
    widening.added = grant.scopes;
  } else {
    const oauth::Scopes asked{scope};
    widening.held = oauth::difference(grant.scopes, asked);
    widening.added.push_back(scope);
  }
  widening.until = grant.expires;
  auto link = co_await links_.make(widening);
  co_return link;
}

void ScopeJudge::log(std::string_view what, const CallerAccount& account, const std::string& tool) {
  const vault::LiveGrant& grant = account.grant();
  telemetry::TracedLog(log_, account.trace)
      .info("scope missing", {{Field::reason, what},
                              {Field::tool, std::string_view(tool)},
                              {Field::client, std::string_view(grant.client.str())},
                              {Field::user, std::string_view(grant.user.str()).substr(0, 12)}});
}

}  // namespace gatehouse::gateway
