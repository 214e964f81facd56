// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// The key file of one machine: master keys and token keys, text, 0600, owned by the user who runs
// us. The first of each kind is used for new things, all open old ones.
struct LocalKeys {
  LocalKeys() {}
  std::vector<TokenKeys::Key> master_keys;
  std::vector<TokenKeys::Key> token_keys;
};

// Errc::not_found: no file. Errc::denied: mode or owner wrong. Errc::invalid_argument: not a key
// file. The detail says the remedy.
base::Result<LocalKeys> read_key_file(const std::string& path);

// Creates the file (0600, O_EXCL, synced with its directory). Errc::conflict when it exists: keys
// are never overwritten.
base::Result<LocalKeys> create_key_file(const std::string& path, base::Random& random);

}  // namespace gatehouse::vault
