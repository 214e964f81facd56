// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::vault {

// The keys behind the MAC of every token, by id. The first makes new tokens; all verify. They may
// be changed while serving, on the loop's thread: a key is named by its id across suspensions,
// never by reference.
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

  // From now on these.
  void adopt(std::vector<Key> keys);
  // Another number after every adopt(): whoever derives from the keys then derives anew.
  std::uint64_t revision() const { return revision_; }

 private:
  std::vector<Key> keys_;
  std::uint64_t revision_ = 1;
};

// One key of 32 bytes derived from each token key, under the same id and in the same order; derived
// anew after the token keys have changed.
class DerivedKeys {
 public:
  // `label` tells the uses apart. `keys` outlives this.
  DerivedKeys(const TokenKeys& keys, std::string_view label);

  const TokenKeys::Key& current() const { return all().front(); }
  const TokenKeys::Key* find(std::uint8_t id) const;
  const std::vector<TokenKeys::Key>& all() const;

 private:
  const TokenKeys& keys_;
  const std::string label_;
  mutable std::vector<TokenKeys::Key> derived_;
  mutable std::uint64_t revision_ = 0;
};

}  // namespace gatehouse::vault
