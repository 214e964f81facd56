// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// Data keys wrapped under a master key of the key file; plays the part of a KMS on one machine.
class LocalKeyProvider final : public KeyProvider {
 public:
  LocalKeyProvider(std::vector<TokenKeys::Key> master_keys, base::Random& random);
  base::Task<DataKey> generate(const KeyContext& context) override;
  base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) override;
  base::Task<void> check() override;

 private:
  std::vector<TokenKeys::Key> keys_;
  base::Random& random_;
};

}  // namespace gatehouse::vault
