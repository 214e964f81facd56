// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

// Puts a fresh master key in front, so that it wraps every data key from now on, and gives its id.
// The old file stays until the new one is whole and on disk (PATH.new, synced, renamed).
// Errc::conflict: another change is under way or was cut short; the detail says the remedy.
base::Result<std::uint8_t> add_master_key(const std::string& path, base::Random& random);

// Takes these master keys out. Only when no record is wrapped under them any more: what is would be
// lost. Errc::invalid_argument for the first key, Errc::not_found for one that is not there.
base::Result<void> retire_master_keys(const std::string& path,
                                      const std::vector<std::uint8_t>& ids);

// Changes whenever the file may have changed; empty when it cannot be looked at.
std::string key_file_stamp(const std::string& path);

}  // namespace gatehouse::vault
