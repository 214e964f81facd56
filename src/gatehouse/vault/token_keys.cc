// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/token_keys.h"

#include <cassert>
#include <utility>

namespace gatehouse::vault {

TokenKeys::TokenKeys(std::vector<Key> keys) : keys_(std::move(keys)) {
  assert(!keys_.empty() && "there is no token key");
  for (const Key& key : keys_) assert(key.bytes.size() == 32 && "a token key has 32 bytes");
}

const TokenKeys::Key* TokenKeys::find(std::uint8_t id) const {
  for (const Key& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

}  // namespace gatehouse::vault
