// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/new_grants.h"

#include <algorithm>
#include <chrono>

#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/grant_content.h"
#include "gatehouse/vault/grant_limits.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

constexpr std::chrono::hours kLifetimeMax{168};

}  // namespace

NewGrants::NewGrants(const VaultOptions& options, const GrantRecords& records,
                     const SubjectHashes& subjects, const UserEpochs& epochs,
                     const TokenIssue& issue, const base::Clock& clock, base::Random& random)
    : options_(options),
      records_(records),
      subjects_(subjects),
      epochs_(epochs),
      issue_(issue),
      clock_(clock),
      random_(random) {}

VaultTask<base::Secret> NewGrants::with_code(const GrantTerms& terms,
                                             const UpstreamCredentials& upstream) const {
  const base::SystemTime now = clock_.now();
  auto grant = co_await begin(terms, upstream, now);
  if (!grant) co_return grant.error();
  const base::Secret id = random_.secret(kGrantIdBytes);
  const IssueContext context = context_for(id.reveal(), *grant, now);
  base::Secret code = issue_.code(context, grant->row);
  const std::string key = grant_record_key(id.reveal());
  auto written = co_await records_.write(key, *grant);
  if (!written) co_return refuse(written.error());
  co_return code;
}

VaultTask<IssuedTokens> NewGrants::asserted(const GrantTerms& terms,
                                            const std::string& email) const {
  if (email.empty()) co_return refuse(Refused::malformed, "an account needs an address");
  UpstreamCredentials nothing;
  nothing.email = email;
  const base::SystemTime now = clock_.now();
  auto grant = co_await begin(terms, nothing, now);
  if (!grant) co_return grant.error();
  grant->row.origin = grant->row.user;
  const base::Secret id = random_.secret(kGrantIdBytes);
  const IssueContext context = context_for(id.reveal(), *grant, now);
  IssuedTokens tokens = issue_.first_tokens(context, grant->row);
  const std::string key = grant_record_key(id.reveal());
  auto written = co_await records_.write(key, *grant);
  if (!written) co_return refuse(written.error());
  co_return tokens;
}

VaultTask<OpenedGrant> NewGrants::begin(const GrantTerms& terms,
                                        const UpstreamCredentials& upstream,
                                        base::SystemTime now) const {
  if (!fits(terms) || !fits(upstream)) {
    co_return refuse(Refused::malformed, "a field of the grant is too long or malformed");
  }
  OpenedGrant grant;
  grant.grant_key = random_.secret(kGrantKeyBytes);
  fill(grant, terms, upstream, now);
  if (now >= grant.row.expires) co_return refuse(Refused::expired, "the sign-in is too old");
  auto ends = co_await epochs_.read(grant.row.user);
  if (!ends) co_return ends.error();
  grant.row.epoch = ends->epoch;
  co_return grant;
}

void NewGrants::fill(OpenedGrant& grant, const GrantTerms& terms,
                     const UpstreamCredentials& upstream, base::SystemTime now) const {
  // A sign-in of the future would outlive the seven days.
  grant.row.signed_in_at = std::min(terms.signed_in_at, now);
  const std::chrono::seconds lifetime =
      std::min<std::chrono::seconds>(options_.session_ttl, kLifetimeMax);
  grant.row.expires = grant.row.signed_in_at + lifetime;
  grant.row.user = subjects_.current(terms.user);
  grant.row.client = terms.client;
  grant.row.scope = join_scopes(terms.scopes);
  grant.row.declined = join_scopes(terms.declined);
  grant.row.resource = terms.resource;
  grant.content.subject = terms.user;
  grant.content.redirect_uri = terms.redirect_uri;
  grant.content.code_challenge = terms.code_challenge;
  grant.content.upstream = copy_of(upstream);
}

}  // namespace gatehouse::vault
