// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/token_issue.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/envelope.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::string_view kNextRefresh = "gatehouse/rt-next/1";
constexpr std::string_view kNextAccess = "gatehouse/at-next/1";

base::Secret next_secret(std::string_view label, const Bearer& current, std::string_view salt,
                         std::uint32_t generation, const IssueContext& context) {
  std::string info(label);
  info += context.grant_id;
  base::append_number(info, generation, 4);
  return crypto::hkdf_sha256({current.secret(), context.grant_key->reveal()}, salt, info,
                             kBearerSecretBytes);
}

TokenSlot slot_for(const base::Secret& token, const IssueContext& context, base::Random& random) {
  const std::optional<Bearer> bearer = Bearer::parse(token.reveal());
  assert(bearer && "a token just made has the shape of one");
  TokenSlot slot;
  slot.tag = bearer->tag();
  slot.wrap = wrap_grant_key(*bearer, *context.grant_key, random);
  return slot;
}

IssuedTokens answer(base::Secret access, base::Secret refresh, const AccessSlot& slot,
                    const GrantRow& row, base::SystemTime now) {
  IssuedTokens tokens;
  tokens.access_token = std::move(access);
  tokens.refresh_token = std::move(refresh);
  tokens.access_lifetime = std::max(slot.expires - now, std::chrono::seconds(0));
  tokens.scopes = split_scopes(slot.scope.empty() ? row.scope : slot.scope);
  return tokens;
}

}  // namespace

IssueContext context_for(std::string_view id, const OpenedGrant& grant, base::SystemTime now) {
  IssueContext context;
  context.grant_id = id;
  context.generation = next_generation(grant);
  context.grant_key = &grant.grant_key;
  context.now = now;
  return context;
}

TokenIssue::TokenIssue(const VaultOptions& options, const TokenKeys& keys, base::Random& random)
    : options_(options), keys_(keys), random_(random) {}

base::Secret TokenIssue::code(const IssueContext& context, GrantRow& row) const {
  const base::Secret secret = random_.secret(kBearerSecretBytes);
  base::Secret code = mint_bearer(BearerKind::code, keys_.current(), context.grant_id,
                                  context.generation, secret.reveal());
  CodeSlot slot;
  slot.token = slot_for(code, context, random_);
  slot.expires = std::min(context.now + options_.code_ttl, row.expires);
  row.code = std::move(slot);
  return code;
}

IssuedTokens TokenIssue::first_tokens(const IssueContext& context, GrantRow& row) const {
  const TokenKeys::Key& key = keys_.current();
  const base::Secret access_secret = random_.secret(kBearerSecretBytes);
  const base::Secret refresh_secret = random_.secret(kBearerSecretBytes);
  base::Secret access = mint_bearer(BearerKind::access, key, context.grant_id, context.generation,
                                    access_secret.reveal());
  base::Secret refresh = mint_bearer(BearerKind::refresh, key, context.grant_id, context.generation,
                                     refresh_secret.reveal());
  row.code.reset();
  RefreshSlot slot;
  slot.token = slot_for(refresh, context, random_);
  slot.generation = context.generation;
  slot.key_id = key.id;
  row.refresh = std::move(slot);
  add_access(access, {}, context, row);
  return answer(std::move(access), std::move(refresh), row.access.back(), row, context.now);
}

IssuedTokens TokenIssue::rotate(const Bearer& current, const std::string& scope,
                                const IssueContext& context, GrantRow& row) const {
  assert(row.refresh);
  const TokenKeys::Key& key = keys_.current();
  const base::Secret salt = random_.secret(kSaltBytes);
  const base::Secret access_secret =
      next_secret(kNextAccess, current, salt.reveal(), context.generation, context);
  const base::Secret refresh_secret =
      next_secret(kNextRefresh, current, salt.reveal(), context.generation, context);
  base::Secret access = mint_bearer(BearerKind::access, key, context.grant_id, context.generation,
                                    access_secret.reveal());
  base::Secret refresh = mint_bearer(BearerKind::refresh, key, context.grant_id, context.generation,
                                     refresh_secret.reveal());
  PreviousSlot previous;
  previous.token = std::move(row.refresh->token);
  previous.salt = salt.reveal();
  previous.rotated_at = context.now;
  row.previous = std::move(previous);
  row.refresh->token = slot_for(refresh, context, random_);
  row.refresh->generation = context.generation;
  row.refresh->key_id = key.id;
  add_access(access, scope, context, row);
  return answer(std::move(access), std::move(refresh), row.access.back(), row, context.now);
}

std::optional<IssuedTokens> TokenIssue::repeat(const Bearer& previous, const IssueContext& context,
                                               const GrantRow& row) const {
  if (!row.refresh || !row.previous) return std::nullopt;
  const TokenKeys::Key* const key = keys_.find(row.refresh->key_id);
  if (key == nullptr) return std::nullopt;
  const std::uint32_t generation = row.refresh->generation;
  const base::Secret access_secret =
      next_secret(kNextAccess, previous, row.previous->salt, generation, context);
  const base::Secret refresh_secret =
      next_secret(kNextRefresh, previous, row.previous->salt, generation, context);
  base::Secret access =
      mint_bearer(BearerKind::access, *key, context.grant_id, generation, access_secret.reveal());
  base::Secret refresh =
      mint_bearer(BearerKind::refresh, *key, context.grant_id, generation, refresh_secret.reveal());
  if (!same_tag(crypto::sha256(refresh.reveal()), row.refresh->token.tag)) return std::nullopt;
  const AccessSlot* const slot = row.find_access(crypto::sha256(access.reveal()));
  if (slot == nullptr) return std::nullopt;
  return answer(std::move(access), std::move(refresh), *slot, row, context.now);
}

void TokenIssue::add_access(const base::Secret& token, const std::string& scope,
                            const IssueContext& context, GrantRow& row) const {
  std::erase_if(row.access, [&](const AccessSlot& slot) { return slot.expires <= context.now; });
  // The oldest make room. They are in the order they were made.
  while (!row.access.empty() && row.access.size() >= options_.access_tokens_max) {
    row.access.erase(row.access.begin());
  }
  AccessSlot slot;
  slot.token = slot_for(token, context, random_);
  slot.expires = std::min(context.now + options_.access_token_ttl, row.expires);
  slot.scope = scope;
  row.access.push_back(std::move(slot));
}

}  // namespace gatehouse::vault
