// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/held_upstream.h"

#include <cstdint>
#include <utility>

#include "gatehouse/vault/grant_limits.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using Changed = base::Result<bool, RefusedError>;

}  // namespace

HeldUpstream::HeldUpstream(const GrantRecords& records, const LiveGrants& live,
                           const RefreshGrace& grace, const base::Clock& clock)
    : records_(records), live_(live), grace_(grace), clock_(clock) {}

VaultTask<UpstreamCredentials> HeldUpstream::open(const LiveGrant& live,
                                                  std::string_view text) const {
  auto opened = co_await live_.open(live, text);
  if (!opened) co_return opened.error();
  co_return std::move(opened->content.upstream);
}

// What Google gave is kept even when the token has been replaced meanwhile.
VaultTask<LiveGrant> HeldUpstream::save(const LiveGrant& live, std::string_view text,
                                        const UpstreamCredentials& upstream) const {
  if (!fits(upstream)) co_return refuse(Refused::malformed, "a Google credential is too long");
  auto grant = co_await live_.open(live, text);
  if (!grant) co_return grant.error();
  const std::int64_t replaced = grant->row.content_generation;
  const GrantRecords::Step put = [&](OpenedGrant& current) -> Changed {
    if (current.row.content_generation != replaced) {
      return refuse(Refused::unavailable, "newer Google credentials are stored already");
    }
    put_upstream(upstream, current);
    current.row.lease.reset();
    grace_.drop_stale(current.row);
    return true;
  };
  auto changed = co_await records_.change(*grant, put);
  if (!changed) co_return changed.error();
  LiveGrant saved = live;
  saved.record = grant->record;
  co_return saved;
}

VaultTask<UpstreamLease> HeldUpstream::lease(const LiveGrant& live, std::string_view text,
                                             const std::string& owner,
                                             base::SystemTime until) const {
  if (owner.empty() || owner.size() > kLeaseOwnerBytesMax) {
    co_return refuse(Refused::malformed, "a lease needs a short name of its owner");
  }
  auto grant = co_await live_.open(live, text);
  if (!grant) co_return grant.error();
  const std::int64_t known = grant->row.content_generation;
  UpstreamLease lease;
  lease.grant = live;
  const GrantRecords::Step take = [&](OpenedGrant& current) -> Changed {
    lease.until = clock_.now();
    if (current.row.content_generation != known) return false;
    if (is_leased_to_another(current.row, owner)) {
      lease.until = current.row.lease->until;
      return false;
    }
    LeaseSlot slot;
    slot.owner = owner;
    slot.until = until;
    current.row.lease = std::move(slot);
    grace_.drop_stale(current.row);
    lease.until = until;
    return true;
  };
  auto taken = co_await records_.change(*grant, take);
  if (!taken) co_return taken.error();
  lease.ours = *taken;
  lease.grant.record = grant->record;
  co_return lease;
}

VaultTask<void> HeldUpstream::return_lease(const LiveGrant& live, std::string_view text,
                                           const std::string& owner) const {
  auto grant = co_await live_.open(live, text);
  if (!grant) co_return grant.error();
  const GrantRecords::Step give_back = [&owner](OpenedGrant& current) -> Changed {
    if (!current.row.lease || current.row.lease->owner != owner) return false;
    current.row.lease.reset();
    return true;
  };
  auto changed = co_await records_.change(*grant, give_back);
  if (!changed) co_return changed.error();
  co_return base::Result<void, RefusedError>();
}

bool HeldUpstream::is_leased_to_another(const GrantRow& row, const std::string& owner) const {
  return row.lease && row.lease->owner != owner && row.lease->until > clock_.now();
}

}  // namespace gatehouse::vault
