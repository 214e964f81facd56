// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/key_rewrapper.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// Data keys wrapped under a master key of the key file; plays the part of a KMS on one machine.
class LocalKeyProvider final : public KeyProvider, public KeyRewrapper {
 public:
  LocalKeyProvider(std::vector<TokenKeys::Key> master_keys, base::Random& random);
  // Follows the file while serving: reads it again when it has changed, before the next data key is
  // made and when one is under a key not known yet. A file that has become unreadable, or that
  // gives a known id to another key, is logged once and changes nothing.
  LocalKeyProvider(std::vector<TokenKeys::Key> master_keys, std::string key_path,
                   base::Random& random, telemetry::Log& log);

  base::Task<DataKey> generate(const KeyContext& context) override;
  base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) override;
  base::Task<void> check() override;
  base::Task<std::string> rewrap(std::string_view wrapped, const KeyContext& context) override;

 private:
  const TokenKeys::Key* find(std::uint8_t id) const;
  bool contradicts(const std::vector<TokenKeys::Key>& keys) const;
  void read_again_if_changed();

  std::vector<TokenKeys::Key> keys_;
  const std::string key_path_;  // empty: no file to follow
  std::string stamp_;           // of the file as it was read last
  base::Random& random_;
  telemetry::Log* const log_;
};

}  // namespace gatehouse::vault
