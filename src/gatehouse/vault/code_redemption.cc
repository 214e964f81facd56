// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/code_redemption.h"

#include <optional>
#include <string>
#include <utility>

#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using Changed = base::Result<bool, RefusedError>;
using Done = base::Result<void, RefusedError>;

}  // namespace

CodeRedemption::CodeRedemption(const VaultOptions& options, const GrantRecords& records,
                               const GrantLookup& lookup, const TokenIssue& issue,
                               const base::Clock& clock)
    : options_(options), records_(records), lookup_(lookup), issue_(issue), clock_(clock) {}

VaultTask<PendingCode> CodeRedemption::open(const base::Secret& text,
                                            const telemetry::RequestTrace& trace) const {
  const std::optional<Bearer> code = lookup_.proven(BearerKind::code, text.reveal());
  if (!code) co_return refuse(Refused::malformed, "not a code of ours");
  auto found = co_await lookup_.find(*code);
  if (!found) co_return found.error();
  auto alive = co_await lookup_.check_alive(*found);
  if (!alive) co_return alive.error();
  if (!found->row.code) {
    auto refusal =
        co_await lookup_.end_replayed(found->key, "authorization code used again", trace);
    co_return refusal;
  }
  const CodeSlot& slot = *found->row.code;
  if (!same_tag(slot.token.tag, code->tag())) {
    co_return records_.tampered(found->key, "a grant has only one code, and this is another",
                                trace);
  }
  if (clock_.now() >= slot.expires) co_return refuse(Refused::expired, "the code is too old");
  auto opened = co_await records_.open_with(found->record, *code, slot.token);
  if (!opened) co_return opened.error();
  PendingCode pending;
  pending.terms = terms_of(*opened);
  pending.record = opened->record;
  pending.grant_secret = std::move(opened->grant_key);
  co_return pending;
}

VaultTask<IssuedTokens> CodeRedemption::redeem(const PendingCode& pending) const {
  auto grant = co_await records_.open(pending.record, pending.grant_secret);
  if (!grant) co_return grant.error();
  const std::string id = grant_id_of(pending.record->key);
  IssuedTokens tokens;
  const GrantRecords::Step use_up = [&](OpenedGrant& current) -> Changed {
    // This caller has shown the verifier, so losing a race means a doubled request, not a theft.
    if (!current.row.code) return refuse(Refused::replayed, "the code was used meanwhile");
    const base::SystemTime now = clock_.now();
    if (now >= current.row.code->expires || now >= current.row.expires) {
      return refuse(Refused::expired, "the code is too old");
    }
    const IssueContext context = context_for(id, current, now);
    tokens = issue_.first_tokens(context, current.row);
    return true;
  };
  auto used = co_await records_.change(*grant, use_up);
  if (!used) co_return used.error();
  co_return tokens;
}

VaultTask<void> CodeRedemption::count_failure(const PendingCode& pending,
                                              const telemetry::RequestTrace& trace) const {
  auto grant = co_await records_.open(pending.record, pending.grant_secret);
  if (!grant) co_return grant.error();
  bool burnt = false;
  const GrantRecords::Step count = [&](OpenedGrant& current) -> Changed {
    if (!current.row.code) return false;
    current.row.code->failures += 1;
    burnt = current.row.code->failures >= options_.code_failures_max;
    return !burnt;
  };
  auto counted = co_await records_.change(*grant, count);
  if (!counted && counted.error().code == Refused::unknown) co_return Done();
  if (!counted) co_return counted.error();
  if (!burnt) co_return Done();
  const std::string key = pending.record->key;
  records_.log(telemetry::Level::warn, "authorization code burnt", key, "too many wrong verifiers",
               trace);
  auto ended = co_await records_.end(key);
  co_return ended;
}

}  // namespace gatehouse::vault
