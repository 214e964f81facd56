// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/caller_account.h"

#include <utility>

#include "gatehouse/gateway/scope_judge.h"

namespace gatehouse::gateway {

class CallerAccount::Source final : public google::TokenSource {
 public:
  Source(vault::LiveGrantPtr grant, const base::Secret& bearer,
         const telemetry::RequestTrace& trace, UpstreamTokens& tokens)
      : grant_(std::move(grant)), bearer_(bearer), trace_(trace), tokens_(tokens) {}

  const std::string& user_key() const override { return grant_->user.str(); }
  const telemetry::RequestTrace& trace() const override { return trace_; }
  const std::vector<std::string>& granted_scopes() const override { return opened_.scopes; }
  const vault::UpstreamCredentials& opened() const { return opened_; }

  google::ApiTask<base::Secret> access_token() override {
    base::Secret none_rejected;
    auto loaded = co_await load(none_rejected);
    if (!loaded) co_return loaded.error();
    co_return opened_.access_token.clone();
  }

  google::ApiTask<base::Secret> renewed_token(const base::Secret& rejected) override {
    bool already_newer =
        !opened_.access_token.empty() &&
        !base::equal_in_constant_time(opened_.access_token.reveal(), rejected.reveal());
    if (!already_newer) {
      opened_.access_token.wipe();
      auto loaded = co_await load(rejected);
      if (!loaded) co_return loaded.error();
    }
    co_return opened_.access_token.clone();
  }

  // Opens the credentials once per request; a tool's parallel calls share them.
  google::ApiTask<void> load(const base::Secret& rejected) {
    if (!opened_.access_token.empty()) co_return google::ApiResult<void>();
    auto fresh = co_await tokens_.credentials(*grant_, bearer_, rejected, trace_);
    if (!fresh) co_return fresh.error();
    opened_ = std::move(fresh->credentials);
    co_return google::ApiResult<void>();
  }

 private:
  const vault::LiveGrantPtr grant_;
  const base::Secret& bearer_;
  const telemetry::RequestTrace& trace_;
  UpstreamTokens& tokens_;
  vault::UpstreamCredentials opened_;
};

CallerAccount::CallerAccount(vault::LiveGrantPtr grant, base::Secret bearer, UpstreamTokens& tokens,
                             ScopeJudge& judge, LoadLimit::Share load,
                             const telemetry::RequestTrace& its_trace)
    : grant_(std::move(grant)),
      bearer_(std::move(bearer)),
      tokens_(tokens),
      judge_(judge),
      load_(std::move(load)) {
  // What belongs to a session is not lost when its account becomes known.
  const std::string& user = grant_->origin.empty() ? grant_->user.str() : grant_->origin.str();
  const std::string& client = grant_->client.str();
  principal.reserve(user.size() + 1 + client.size());
  principal.append(user).append("|").append(client);
  // Without an account nothing can be done; the judge is asked about each call.
  if (!grant_->awaits_account()) scopes = grant_->scopes;
  expires = grant_->expires;
  trace = its_trace;
}

CallerAccount::~CallerAccount() = default;

std::shared_ptr<CallerAccount> CallerAccount::continued_with(vault::LiveGrantPtr grant) const {
  return std::make_shared<CallerAccount>(std::move(grant), bearer_.clone(), tokens_, judge_,
                                         std::move(load_), trace.named());
}

CallerAccount::Source& CallerAccount::source() const {
  if (!source_) source_ = std::make_unique<Source>(grant_, bearer_, trace, tokens_);
  return *source_;
}

base::Coroutine<workspace::Remedy> CallerAccount::remedy(const std::string& scope) const {
  return judge_.remedy(*this, scope);
}

google::ApiTask<CallerAccount::LastingToken> CallerAccount::token_until(
    base::SystemTime until) const {
  auto token = co_await source().access_token();
  if (!token) co_return token.error();
  if (source().opened().access_expires < until) {
    auto renewed = co_await source().renewed_token(*token);
    if (!renewed) co_return renewed.error();
    token = std::move(renewed);
  }
  LastingToken lasting;
  lasting.token = std::move(*token);
  lasting.expires = source().opened().access_expires;
  co_return lasting;
}

google::TokenSource& CallerAccount::tokens() const { return source(); }

google::ApiTask<workspace::Profile> CallerAccount::profile() const {
  const google::ApiError unknown{google::ApiFault::scope_missing, std::string(kAwaitsAccount),
                                 std::nullopt, 0};
  if (grant_->awaits_account()) co_return unknown;
  base::Secret none_rejected;
  auto loaded = co_await source().load(none_rejected);
  if (!loaded) co_return loaded.error();
  const vault::UpstreamCredentials& opened = source().opened();
  workspace::Profile profile;
  profile.email = opened.email;
  profile.name = opened.name;
  profile.domain = opened.domain;
  profile.granted_scopes = opened.scopes;
  profile.signed_in_at = grant_->signed_in_at;
  profile.sign_in_again_at = grant_->expires;
  co_return profile;
}

}  // namespace gatehouse::gateway
