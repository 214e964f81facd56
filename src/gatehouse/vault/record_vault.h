// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/data_keys.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// Sealed records of the other kinds: a sign-in under way (TXN#), a registered client (CLIENT#), a
// browser session (BROWSER#). Sealed under the data key and, when `holder_secret` is given, also
// under that secret (the browser's cookie), so that neither table nor key service alone opens them.
// The key, the ttl and the kind are bound.
class RecordVault {
 public:
  RecordVault(std::string table, store::RecordStore& store, DataKeys& data_keys,
              const base::Clock& clock, base::Random& random);
  ~RecordVault();

  struct Opened {
    Opened() {}
    base::Secret content;
    store::RecordPtr record;
  };

  // Refused::replayed when the key exists already.
  VaultTask<void> create(const std::string& key, const base::Secret& content,
                         base::SystemTime expires, const base::Secret& holder_secret);
  VaultTask<Opened> open(const std::string& key, const base::Secret& holder_secret);
  // Uses up what was opened and has been judged: one winner, who knows it even when the store's
  // answer was lost; Refused::unknown for the others. After Refused::unavailable it may be used up
  // all the same: whoever asked begins again.
  VaultTask<void> take(const Opened& opened);
  VaultTask<void> replace(const Opened& opened, const base::Secret& content,
                          base::SystemTime expires, const base::Secret& holder_secret);
  VaultTask<void> remove(const std::string& key);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::vault
