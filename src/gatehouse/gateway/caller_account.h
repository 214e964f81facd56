// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/gateway/call_activity.h"
#include "gatehouse/gateway/load_limit.h"
#include "gatehouse/gateway/upstream_tokens.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::gateway {

// One authenticated request's caller, and the source of that caller's Google token. Made per
// request, so nothing of one caller can reach another; lives as long as the request or a call that
// it started, and counts as load until then.
class CallerAccount final : public workspace::Account, public GrantHolder {
 public:
  CallerAccount(vault::LiveGrantPtr grant, base::Secret bearer, UpstreamTokens& tokens,
                LoadLimit::Share load);
  ~CallerAccount() override;

  const std::string& grant_id() const override { return grant_->id; }
  google::TokenSource& tokens() const override;
  google::ApiTask<workspace::Profile> profile() const override;

 private:
  class Source;

  Source& source() const;

  const vault::LiveGrantPtr grant_;
  const base::Secret bearer_;
  UpstreamTokens& tokens_;
  LoadLimit::Share load_;
  mutable std::unique_ptr<Source> source_;  // made when a tool first asks for it
};

}  // namespace gatehouse::gateway
