// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/refresh_rotation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

// "" for all of the grant's scopes; nullopt when one is not the grant's.
std::optional<std::string> narrowed(const GrantRow& row, const std::vector<std::string>& scopes) {
  if (scopes.empty()) return std::string();
  const std::vector<std::string> granted = split_scopes(row.scope);
  for (const std::string& scope : scopes) {
    if (std::find(granted.begin(), granted.end(), scope) == granted.end()) return std::nullopt;
  }
  std::string joined = join_scopes(scopes);
  return joined == row.scope ? std::string() : joined;
}

}  // namespace

RefreshRotation::RefreshRotation(const GrantRecords& records, const GrantLookup& lookup,
                                 const TokenIssue& issue, const RefreshGrace& grace,
                                 const base::Clock& clock)
    : records_(records), lookup_(lookup), issue_(issue), grace_(grace), clock_(clock) {}

VaultTask<GrantTerms> RefreshRotation::inspect(const base::Secret& text,
                                               const telemetry::RequestTrace& trace) const {
  const std::optional<Bearer> token = lookup_.proven(BearerKind::refresh, text.reveal());
  if (!token) co_return refuse(Refused::malformed, "not a refresh token of ours");
  auto use = co_await open(*token, trace);
  if (!use) co_return use.error();
  co_return terms_of(use->grant);
}

VaultTask<IssuedTokens> RefreshRotation::rotate(const base::Secret& text,
                                                const std::vector<std::string>& scopes,
                                                const telemetry::RequestTrace& trace) const {
  const std::optional<Bearer> token = lookup_.proven(BearerKind::refresh, text.reveal());
  if (!token) co_return refuse(Refused::malformed, "not a refresh token of ours");
  for (int i = 0; i < kRacesMax; ++i) {
    auto use = co_await open(*token, trace);
    if (!use) co_return use.error();
    const IssueContext context = context_for(token->grant_id(), use->grant, clock_.now());
    if (use->repeated) {
      std::optional<IssuedTokens> again = issue_.repeat(*token, context, use->grant.row);
      if (!again) co_return refuse(Refused::unknown, "the answer to repeat is gone");
      co_return std::move(*again);
    }
    const std::optional<std::string> scope = narrowed(use->grant.row, scopes);
    if (!scope) co_return refuse(Refused::malformed, "a scope beyond the grant");
    IssuedTokens tokens = issue_.rotate(*token, *scope, context, use->grant.row);
    auto written = co_await records_.write(use->key, use->grant);
    if (written) co_return tokens;
    // Whoever won has written the successor of this very token: the next round repeats it.
    if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
  }
  co_return contended();
}

VaultTask<RefreshRotation::Use> RefreshRotation::open(const Bearer& token,
                                                      const telemetry::RequestTrace& trace) const {
  auto found = co_await lookup_.find(token);
  if (!found) co_return found.error();
  auto alive = co_await lookup_.check_alive(*found);
  if (!alive) co_return alive.error();

  Use use;
  use.key = found->key;
  const GrantRow& row = found->row;
  const TokenSlot* slot = nullptr;
  if (row.refresh && same_tag(row.refresh->token.tag, token.tag())) {
    slot = &row.refresh->token;
  } else if (row.previous && grace_.covers(*row.previous) &&
             same_tag(row.previous->token.tag, token.tag())) {
    slot = &row.previous->token;
    use.repeated = true;
  }
  if (slot == nullptr) {
    auto refusal = co_await refuse_stale(*found, token, trace);
    co_return refusal;
  }
  auto opened = co_await records_.open_with(found->record, token, *slot);
  if (!opened) co_return opened.error();
  use.grant = std::move(*opened);
  co_return use;
}

// The MAC says that we made it, the row does not know it.
base::Coroutine<RefusedError> RefreshRotation::refuse_stale(
    const FoundGrant& found, const Bearer& token, const telemetry::RequestTrace& trace) const {
  if (token.generation() > found.record->generation) {
    auto refusal = co_await lookup_.end_rolled_back(found.key, trace);
    co_return refusal;
  }
  if (found.row.refresh && found.row.refresh->generation == token.generation()) {
    co_return records_.tampered(found.key, "another refresh token of the same generation is stored",
                                trace);
  }
  auto refusal = co_await lookup_.end_replayed(found.key, "refresh token used again", trace);
  co_return refusal;
}

}  // namespace gatehouse::vault
