// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/caller_account.h"

#include <utility>

namespace gatehouse::gateway {

class CallerAccount::Source final : public google::TokenSource {
 public:
  Source(vault::LiveGrant grant, base::Secret bearer, UpstreamTokens& tokens)
      : grant_(std::move(grant)), bearer_(std::move(bearer)), tokens_(tokens) {}

  const std::string& user_key() const override { return grant_.user.str(); }
  const std::vector<std::string>& granted_scopes() const override { return opened_.scopes; }
  const vault::LiveGrant& grant() const { return grant_; }
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
    auto fresh = co_await tokens_.credentials(grant_, bearer_, rejected);
    if (!fresh) co_return fresh.error();
    opened_ = std::move(fresh->credentials);
    co_return google::ApiResult<void>();
  }

 private:
  vault::LiveGrant grant_;
  base::Secret bearer_;
  UpstreamTokens& tokens_;
  vault::UpstreamCredentials opened_;
};

CallerAccount::CallerAccount(vault::LiveGrant grant, base::Secret bearer, UpstreamTokens& tokens,
                             LoadLimit::Share load)
    : load_(std::move(load)) {
  principal = grant.user.str() + "|" + grant.client.str();
  scopes = grant.scopes;
  expires = grant.expires;
  source_ = std::make_unique<Source>(std::move(grant), std::move(bearer), tokens);
}

CallerAccount::~CallerAccount() = default;

google::TokenSource& CallerAccount::tokens() const { return *source_; }

google::ApiTask<workspace::Profile> CallerAccount::profile() const {
  base::Secret none_rejected;
  auto loaded = co_await source_->load(none_rejected);
  if (!loaded) co_return loaded.error();
  workspace::Profile profile;
  profile.email = source_->opened().email;
  profile.name = source_->opened().name;
  profile.domain = source_->opened().domain;
  profile.granted_scopes = source_->opened().scopes;
  profile.signed_in_at = source_->grant().signed_in_at;
  profile.sign_in_again_at = source_->grant().expires;
  co_return profile;
}

}  // namespace gatehouse::gateway
