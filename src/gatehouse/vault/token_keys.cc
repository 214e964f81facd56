// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/token_keys.h"

#include <cassert>
#include <utility>

#include "gatehouse/crypto/digest.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kKeyBytes = 32;

const TokenKeys::Key* find_in(const std::vector<TokenKeys::Key>& keys, std::uint8_t id) {
  for (const TokenKeys::Key& key : keys) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

std::vector<TokenKeys::Key> checked(std::vector<TokenKeys::Key> keys) {
  assert(!keys.empty() && "there is no token key");
  for (const TokenKeys::Key& key : keys) {
    assert(key.bytes.size() == kKeyBytes && "a token key has 32 bytes");
  }
  return keys;
}

}  // namespace

TokenKeys::TokenKeys(std::vector<Key> keys) : keys_(checked(std::move(keys))) {}

const TokenKeys::Key* TokenKeys::find(std::uint8_t id) const { return find_in(keys_, id); }

void TokenKeys::adopt(std::vector<Key> keys) {
  keys_ = checked(std::move(keys));
  ++revision_;
}

DerivedKeys::DerivedKeys(const TokenKeys& keys, std::string_view label)
    : keys_(keys), label_(label) {}

const TokenKeys::Key* DerivedKeys::find(std::uint8_t id) const { return find_in(all(), id); }

const std::vector<TokenKeys::Key>& DerivedKeys::all() const {
  if (revision_ == keys_.revision()) return derived_;
  derived_.clear();
  for (const TokenKeys::Key& key : keys_.all()) {
    derived_.push_back(
        TokenKeys::Key{key.id, crypto::hkdf_sha256({key.bytes.reveal()}, {}, label_, kKeyBytes)});
  }
  revision_ = keys_.revision();
  return derived_;
}

}  // namespace gatehouse::vault
