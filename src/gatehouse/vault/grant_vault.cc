// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_vault.h"

#include <utility>

#include "gatehouse/vault/code_redemption.h"
#include "gatehouse/vault/grant_lookup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_widening.h"
#include "gatehouse/vault/held_upstream.h"
#include "gatehouse/vault/live_grants.h"
#include "gatehouse/vault/new_grants.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/refresh_grace.h"
#include "gatehouse/vault/refresh_rotation.h"
#include "gatehouse/vault/revocation.h"
#include "gatehouse/vault/sign_outs.h"
#include "gatehouse/vault/subject_hashes.h"
#include "gatehouse/vault/token_issue.h"
#include "gatehouse/vault/user_epochs.h"
#include "gatehouse/vault/verified_grants.h"

namespace gatehouse::vault {

using telemetry::RequestTrace;

// What the steps of a grant's life share, and each of the steps.
class GrantVault::Impl {
 public:
  Impl(VaultOptions vault_options, store::RecordStore& store, DataKeys& data_keys,
       const TokenKeys& token_keys, const base::Clock& clock, base::Random& random,
       telemetry::Log& log)
      : options(std::move(vault_options)),
        subjects(token_keys),
        seal(options.table, data_keys, random),
        records(store, seal, clock, log),
        pickups(options.table, store, data_keys, clock, random),
        epochs(store, seal, clock),
        issue(options, token_keys, random),
        grace(options.refresh_grace, clock),
        verified(options.verified_max),
        lookup(store, records, epochs, token_keys, verified, clock),
        new_grants(options, records, subjects, epochs, issue, clock, random),
        codes(options, records, lookup, issue, clock),
        refreshes(records, lookup, issue, grace, clock),
        live(store, records, lookup, token_keys, verified, grace, clock),
        upstream(records, live, grace, clock),
        widening(options, records, live, pickups, subjects, epochs, grace, clock),
        revocation(records, lookup, token_keys),
        sign_outs(subjects, epochs) {}

  const VaultOptions options;
  const SubjectHashes subjects;
  const RecordSeal seal;
  const GrantRecords records;
  RecordVault pickups;
  const UserEpochs epochs;
  const TokenIssue issue;
  const RefreshGrace grace;
  VerifiedGrants verified;
  const GrantLookup lookup;

  const NewGrants new_grants;
  const CodeRedemption codes;
  const RefreshRotation refreshes;
  LiveGrants live;
  const HeldUpstream upstream;
  const GrantWidening widening;
  const Revocation revocation;
  SignOuts sign_outs;
};

GrantVault::GrantVault(VaultOptions options, store::RecordStore& store, DataKeys& data_keys,
                       const TokenKeys& token_keys, const base::Clock& clock, base::Random& random,
                       telemetry::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), store, data_keys, token_keys, clock, random,
                                   log)) {}

GrantVault::~GrantVault() = default;

VaultTask<base::Secret> GrantVault::create_grant(const GrantTerms& terms,
                                                 const UpstreamCredentials& upstream) {
  return impl_->new_grants.with_code(terms, upstream);
}

VaultTask<IssuedTokens> GrantVault::create_asserted_grant(const GrantTerms& terms,
                                                          const std::string& email) {
  return impl_->new_grants.asserted(terms, email);
}

VaultTask<PendingCode> GrantVault::open_code(const base::Secret& code, const RequestTrace& trace) {
  return impl_->codes.open(code, trace);
}

VaultTask<IssuedTokens> GrantVault::redeem_code(PendingCode pending) {
  // Held by this frame while the steps below look at it.
  auto tokens = co_await impl_->codes.redeem(pending);
  co_return tokens;
}

VaultTask<void> GrantVault::count_code_failure(const PendingCode& pending,
                                               const RequestTrace& trace) {
  return impl_->codes.count_failure(pending, trace);
}

VaultTask<GrantTerms> GrantVault::inspect_refresh(const base::Secret& refresh_token,
                                                  const RequestTrace& trace) {
  return impl_->refreshes.inspect(refresh_token, trace);
}

VaultTask<IssuedTokens> GrantVault::refresh(const base::Secret& refresh_token,
                                            const std::vector<std::string>& scopes,
                                            const RequestTrace& trace) {
  return impl_->refreshes.rotate(refresh_token, scopes, trace);
}

VaultTask<LiveGrantPtr> GrantVault::authenticate(std::string_view access_token,
                                                 const RequestTrace& trace) {
  return impl_->live.authenticate(access_token, trace);
}

VaultTask<UpstreamCredentials> GrantVault::open_upstream(const LiveGrant& grant,
                                                         std::string_view access_token) {
  return impl_->upstream.open(grant, access_token);
}

VaultTask<LiveGrant> GrantVault::save_upstream(const LiveGrant& grant,
                                               std::string_view access_token,
                                               const UpstreamCredentials& upstream) {
  return impl_->upstream.save(grant, access_token, upstream);
}

VaultTask<UpstreamLease> GrantVault::lease_upstream(const LiveGrant& grant,
                                                    std::string_view access_token,
                                                    const std::string& owner,
                                                    base::SystemTime until) {
  return impl_->upstream.lease(grant, access_token, owner, until);
}

VaultTask<void> GrantVault::return_lease(const LiveGrant& grant, std::string_view access_token,
                                         const std::string& owner) {
  return impl_->upstream.return_lease(grant, access_token, owner);
}

VaultTask<GrantPickup> GrantVault::pickup_of(const LiveGrant& grant,
                                             std::string_view access_token) {
  return impl_->widening.pickup_of(grant, access_token);
}

VaultTask<void> GrantVault::leave(const GrantPickup& pickup, const std::vector<std::string>& scopes,
                                  const UpstreamCredentials& upstream) {
  return impl_->widening.leave(pickup, scopes, upstream);
}

VaultTask<bool> GrantVault::pick_up(const LiveGrant& grant, std::string_view access_token) {
  return impl_->widening.pick_up(grant, access_token);
}

VaultTask<Revoked> GrantVault::revoke_token(const base::Secret& token,
                                            const base::ClientId& client) {
  return impl_->revocation.revoke(token, client);
}

VaultTask<void> GrantVault::end_grant(const LiveGrant& grant) {
  return impl_->revocation.end(grant);
}

VaultTask<void> GrantVault::end_everything_of(const base::UserId& subject) {
  return impl_->sign_outs.end_everything_of(subject);
}

VaultTask<bool> GrantVault::end_everything_until(const base::UserId& subject,
                                                 base::SystemTime until) {
  return impl_->sign_outs.end_everything_until(subject, until);
}

void GrantVault::when_ended(EndedListener listener) {
  impl_->sign_outs.when_ended(std::move(listener));
}

VaultTask<std::int64_t> GrantVault::epoch_of(const base::UserId& subject) {
  auto ends = co_await impl_->sign_outs.ends_of(subject);
  if (!ends) co_return ends.error();
  co_return ends->epoch;
}

VaultTask<bool> GrantVault::has_ended(const base::UserId& subject, std::int64_t epoch,
                                      base::SystemTime signed_in_at) {
  return impl_->sign_outs.has_ended(subject, epoch, signed_in_at);
}

base::UserId GrantVault::hashed(const base::UserId& subject) const {
  return impl_->subjects.current(subject);
}

std::vector<base::UserId> GrantVault::hashes_of(const base::UserId& subject) const {
  return impl_->subjects.all(subject);
}

}  // namespace gatehouse::vault
