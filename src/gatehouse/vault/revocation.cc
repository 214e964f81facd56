// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/revocation.h"

#include <cstdint>
#include <optional>
#include <string>

#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {

VaultTask<Revoked> Revocation::revoke(const base::Secret& text,
                                      const base::ClientId& client) const {
  const std::optional<Bearer> token = Bearer::parse(text.reveal());
  if (!token || !token->is_proven_by(token_keys_)) co_return Revoked::nothing;
  if (token->kind() == BearerKind::browser) co_return Revoked::nothing;
  for (int i = 0; i < kRacesMax; ++i) {
    auto found = co_await lookup_.find(*token);
    if (!found && found.error().code == Refused::unknown) co_return Revoked::nothing;
    if (!found) co_return found.error();
    if (found->row.client != client) co_return Revoked::nothing;
    // Ending needs no key service: a row changed by others can at worst end itself.
    if (token->kind() != BearerKind::access) {
      auto ended = co_await records_.end(found->key);
      if (!ended) co_return ended.error();
      co_return Revoked::grant;
    }
    if (found->row.find_access(token->tag()) == nullptr) co_return Revoked::nothing;
    auto written = co_await drop_access(*found, *token);
    if (written) co_return Revoked::token;
    if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
  }
  co_return contended();
}

VaultTask<void> Revocation::end(const LiveGrant& grant) const {
  const std::string key = grant.record->key;
  const std::int64_t refused = grant.record->number(attribute::kContentGeneration);
  auto ended = co_await records_.end(key, refused);
  co_return ended;
}

base::Task<void> Revocation::drop_access(const FoundGrant& found, const Bearer& token) const {
  const AccessSlot* const slot = found.row.find_access(token.tag());
  if (slot == nullptr) co_return base::Result<void>();
  auto opened = co_await records_.open_with(found.record, token, slot->token);
  if (!opened && opened.error().code == Refused::tampered) {
    co_return base::Error{base::Errc::denied, opened.error().detail};
  }
  if (!opened) co_return base::Error{base::Errc::unavailable, opened.error().detail};
  std::erase_if(opened->row.access,
                [&](const AccessSlot& other) { return same_tag(other.token.tag, token.tag()); });
  auto written = co_await records_.write(found.key, *opened);
  if (!written) co_return written.error();
  co_return base::Result<void>();
}

}  // namespace gatehouse::vault
