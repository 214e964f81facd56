// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/caller_account.h"
#include "gatehouse/mcp/missing_scope.h"
#include "gatehouse/oauth/bearer_guard.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/web/consent_links.h"

namespace gatehouse::gateway {

// Whom we told of late that a scope is missing, so that a client which does not get it by
// authorizing anew is not sent round in circles. Forgetting is harmless: then there is one
// challenge more.
class ChallengesGiven {
 public:
  struct Limits {
    std::size_t entries_max = 4096;
    std::size_t per_grant_max = 3;
    std::chrono::minutes remembered{10};
  };
  ChallengesGiven(const Limits& limits, const base::Clock& clock)
      : limits_(limits), clock_(clock) {}

  // Whether one more makes sense: not once the client has come back with another grant and without
  // the scope, nor again and again with the same one. Counts it when it does.
  bool admits(const std::string& principal, const std::string& scope, const std::string& grant);

 private:
  struct Entry {
    std::string key;
    std::string grant;
    std::size_t count = 0;
    base::SystemTime last{};
  };

  const Limits limits_;
  const base::Clock& clock_;
  std::list<Entry> entries_;  // latest first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

// What becomes of a call whose token lacks a scope (docs/decisions/0008): it goes on when the
// person has allowed it meanwhile; else the client is challenged to authorize anew, or told in
// words, with a link for the person.
class ScopeJudge {
 public:
  ScopeJudge(const oauth::BearerGuard& guard, vault::GrantVault& grants, web::ConsentLinks& links,
             const base::Clock& clock, telemetry::Log& log);

  // `caller` is a CallerAccount.
  base::Coroutine<mcp::ScopeVerdict> judge(std::shared_ptr<const mcp::Caller> caller,
                                           mcp::MissingScope missing);

  // Gives a grant what its person has allowed meanwhile. False when that is nothing, or when it
  // cannot be found out now.
  base::Coroutine<bool> fetch(const vault::LiveGrant& grant, std::string_view token,
                              const telemetry::RequestTrace& trace);

  // What can be done when a token has the scope and Google was not allowed all that this needs.
  // Of a caller whose account is unknown so far: what is to be done about that.
  base::Coroutine<workspace::Remedy> remedy(const CallerAccount& account, const std::string& scope);

 private:
  base::Coroutine<std::shared_ptr<const CallerAccount>> gained(const CallerAccount& account);
  bool should_challenge(const CallerAccount& account, const mcp::MissingScope& missing);
  base::Coroutine<mcp::ToolResult> explanation(const CallerAccount& account,
                                               const std::string& scope);
  vault::VaultTask<std::string> consent_link(const CallerAccount& account,
                                             const std::string& scope);
  void log(std::string_view what, const CallerAccount& account, const std::string& tool);

  const oauth::BearerGuard& guard_;
  vault::GrantVault& grants_;
  web::ConsentLinks& links_;
  telemetry::Log& log_;
  ChallengesGiven challenges_;
};

}  // namespace gatehouse::gateway
