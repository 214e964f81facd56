// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::gateway {

struct UpstreamTokensOptions {
  UpstreamTokensOptions() {}
  // Other replicas write the same store: then a refresh is announced there first.
  bool shared_store = false;
  // How long a replica that died half-way delays the others.
  std::chrono::seconds lease_time{15};
  std::chrono::milliseconds poll_interval{250};
};

// Google credentials that are good to use: opened from the vault, refreshed at Google before they
// end, one refresh per grant at a time however many calls want one, and stored before they are
// used. Over replicas one refreshes and the others wait for what it stores; that is by a lease
// which only spares the second refresh: which credential stays is decided where it is stored.
class UpstreamTokens {
 public:
  UpstreamTokens(boost::asio::io_context& loop, vault::GrantVault& vault,
                 identity::IdentityProvider& provider, UpstreamTokensOptions options,
                 const base::Clock& clock, base::Random& random, telemetry::Log& log);
  ~UpstreamTokens();

  struct Fresh {
    Fresh() {}
    vault::UpstreamCredentials credentials;  // the refresh token is left out
  };

  // Credentials whose access token lives for another minute at least. With `rejected` (an access
  // token Google answered 401 to), ones that hold another token than that. A refresh that several
  // calls want carries the trace of the one that began it.
  google::ApiTask<Fresh> credentials(const vault::LiveGrant& grant, const base::Secret& bearer,
                                     const base::Secret& rejected,
                                     const telemetry::RequestTrace& trace);

  // Refreshes that Google left undone; that it ended a grant is none.
  std::uint64_t refresh_failures() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::gateway
