// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::vault {

// The keys behind the MAC of every token, by id. The first makes new tokens; all verify.
class TokenKeys {
 public:
  struct Key {
    std::uint8_t id;
    base::Secret bytes;  // 32
  };
  explicit TokenKeys(std::vector<Key> keys);

  const Key& current() const { return keys_.front(); }
  const std::vector<Key>& all() const { return keys_; }
  const Key* find(std::uint8_t id) const;

 private:
  std::vector<Key> keys_;
};

}  // namespace gatehouse::vault
