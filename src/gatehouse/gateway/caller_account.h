// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/gateway/call_activity.h"
#include "gatehouse/gateway/load_limit.h"
#include "gatehouse/gateway/upstream_tokens.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::gateway {

class ScopeJudge;

// Of a session that an identity provider let begin, before the person has signed in at Google.
inline constexpr std::string_view kAwaitsAccount =
    "This session is not connected to the user's Google account yet: the company's identity "
    "provider let it begin, and the user has to sign in at Google once. Nothing was done.";

// One authenticated request's caller, and the source of that caller's Google token. Made per
// request, so nothing of one caller can reach another; lives as long as the request or a call that
// it started, and counts as load until then.
class CallerAccount final : public workspace::Account, public GrantHolder {
 public:
  CallerAccount(vault::LiveGrantPtr grant, base::Secret bearer, UpstreamTokens& tokens,
                ScopeJudge& judge, LoadLimit::Share load, const telemetry::RequestTrace& its_trace);
  ~CallerAccount() override;

  const std::string& grant_id() const override { return grant_->id; }
  const vault::LiveGrant& grant() const { return *grant_; }
  const base::Secret& bearer() const { return bearer_; }
  // Google's access token, and until when it is good: `until` or later where Google allows that,
  // renewed now if need be. For what acts after the call.
  struct LastingToken {
    LastingToken() {}
    base::Secret token;
    base::SystemTime expires{};
  };
  google::ApiTask<LastingToken> token_until(base::SystemTime until) const;
  // The same caller with its grant as it is by now; carries the load from here on.
  std::shared_ptr<CallerAccount> continued_with(vault::LiveGrantPtr grant) const;

  google::TokenSource& tokens() const override;
  google::ApiTask<workspace::Profile> profile() const override;
  base::Coroutine<workspace::Remedy> remedy(const std::string& scope) const override;

 private:
  class Source;

  Source& source() const;

  const vault::LiveGrantPtr grant_;
  const base::Secret bearer_;
  UpstreamTokens& tokens_;
  ScopeJudge& judge_;
  mutable LoadLimit::Share load_;
  mutable std::unique_ptr<Source> source_;  // made when a tool first asks for it
};

}  // namespace gatehouse::gateway
