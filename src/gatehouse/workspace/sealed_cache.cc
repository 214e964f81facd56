// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/sealed_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/aead.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::workspace {
namespace {

constexpr std::size_t kNameBytes = 9;
constexpr std::size_t kEntryOverhead = 200;  // of what holds it, roughly

// A user's owners lie side by side.
std::string name_of(const CacheOwner& owner) { return owner.user + '\n' + owner.session; }

// An entry opens only where it was put.
std::string place_of(const std::string& owner, const std::string& key) {
  return "gatehouse/cache/1\n" + owner + '\n' + key;
}

}  // namespace

google::ApiTask<CacheOwner> cache_owner(google::TokenSource& tokens) {
  const auto token = co_await tokens.access_token();
  if (!token) co_return token.error();
  const auto derive = [&](std::string_view info, std::size_t size) {
    return crypto::hkdf_sha256({token->reveal()}, tokens.user_key(), info, size);
  };
  CacheOwner owner;
  owner.user = tokens.user_key();
  owner.session = base::base64url_encode(derive("gatehouse/cache-name/1", kNameBytes).reveal());
  owner.key = derive("gatehouse/cache-key/1", crypto::kAeadKeyBytes);
  co_return std::move(owner);
}

std::size_t SealedCache::Entry::bytes() const {
  return owner.size() + 2 * key.size() + nonce.size() + sealed.size() + tag.size() + kEntryOverhead;
}

std::optional<base::Secret> SealedCache::find(const CacheOwner& owner, const std::string& key,
                                              base::SystemTime now) const {
  const std::string name = name_of(owner);
  const auto known = owners_.find(name);
  if (known == owners_.end()) return std::nullopt;
  const auto found = known->second.entries.find(key);
  if (found == known->second.entries.end()) return std::nullopt;
  const Entry& entry = *found->second;
  if (entry.expires <= now) return std::nullopt;
  auto content = crypto::aead_open(owner.key.reveal(), entry.nonce, place_of(name, key),
                                   entry.sealed, entry.tag);
  if (!content) return std::nullopt;
  return std::move(*content);
}

void SealedCache::put(const CacheOwner& owner, const std::string& key, std::string_view content,
                      base::SystemTime now) {
  while (!entries_.empty() && entries_.front().expires <= now) drop(entries_.begin());
  const std::string name = name_of(owner);
  Owner& mine = owners_[name];
  mine.last_used = now;
  const auto earlier = mine.entries.find(key);
  if (earlier != mine.entries.end()) {
    bytes_ -= earlier->second->bytes();
    entries_.erase(earlier->second);
    mine.entries.erase(earlier);
  }
  if (content.size() <= limits_.entry_bytes_max) {
    const base::Secret nonce = random_.secret(crypto::kAeadNonceBytes);
    crypto::SealedBytes sealed =
        crypto::aead_seal(owner.key.reveal(), nonce.reveal(), place_of(name, key), content);
    entries_.push_back({name, key, std::string(nonce.reveal()), std::move(sealed.ciphertext),
                        std::move(sealed.tag), now + limits_.lifetime});
    mine.entries[key] = std::prev(entries_.end());
    bytes_ += entries_.back().bytes();
  }
  while (entries_.size() > limits_.entries_max || bytes_ > limits_.bytes_max)
    drop(entries_.begin());
  if (owners_.size() > limits_.owners_max) drop_idle_owner();
}

void SealedCache::forget(const std::string& user, const std::string& key) {
  const std::string first = user + '\n';
  auto owner = owners_.lower_bound(first);
  while (owner != owners_.end() && owner->first.starts_with(first)) {
    const auto next = std::next(owner);
    const auto entry = owner->second.entries.find(key);
    if (entry != owner->second.entries.end()) drop(entry->second);
    owner = next;
  }
}

void SealedCache::forget_owner(const CacheOwner& owner) {
  const auto known = owners_.find(name_of(owner));
  if (known != owners_.end()) drop_entries_of(known);
}

std::string SealedCache::note(const CacheOwner& owner, base::SystemTime now) const {
  const auto known = owners_.find(name_of(owner));
  if (known == owners_.end()) return "";
  const auto& entries = known->second.entries;
  const bool any_alive = std::any_of(entries.begin(), entries.end(),
                                     [&](const auto& e) { return e.second->expires > now; });
  return any_alive ? known->second.note : "";
}

void SealedCache::set_note(const CacheOwner& owner, std::string text, base::SystemTime now) {
  Owner& mine = owners_[name_of(owner)];
  mine.note = std::move(text);
  mine.last_used = now;
  if (owners_.size() > limits_.owners_max) drop_idle_owner();
}

std::string SealedCache::content_at_rest() const {
  std::string all;
  for (const Entry& entry : entries_) all += entry.nonce + entry.sealed + entry.tag;
  return all;
}

// With the last entry its owner goes.
void SealedCache::drop(Place entry) {
  const auto owner = owners_.find(entry->owner);
  owner->second.entries.erase(entry->key);
  if (owner->second.entries.empty()) owners_.erase(owner);
  bytes_ -= entry->bytes();
  entries_.erase(entry);
}

void SealedCache::drop_entries_of(Owners::iterator owner) {
  for (const auto& [key, entry] : owner->second.entries) {
    bytes_ -= entry->bytes();
    entries_.erase(entry);
  }
  owners_.erase(owner);
}

void SealedCache::drop_idle_owner() {
  const auto idle = std::min_element(
      owners_.begin(), owners_.end(),
      [](const auto& a, const auto& b) { return a.second.last_used < b.second.last_used; });
  drop_entries_of(idle);
}

}  // namespace gatehouse::workspace
