// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/store/sqlite_record_store.h"
#include "gatehouse/vault/local_key_file.h"

namespace gatehouse::gateway {

// What survives a restart on one machine: the database and the key that opens it.
struct StateFiles {
  StateFiles() {}
  std::optional<vault::LocalKeys> keys;  // none when a KMS holds the key
  std::unique_ptr<store::RecordStore> store;
  store::Sweepable* sweepable = nullptr;  // the same object
  store::Enumerable* rows = nullptr;      // the same object
  // The same object, when it is that.
  const store::SqliteRecordStore* database = nullptr;
  bool created = false;  // they were made just now
};

// Opens both; makes both when neither exists. When only one exists, refuses and says which is
// missing: a new key beside an old database would lock everyone out, a new database beside an old
// key hides that the old one is gone. For `sqlite:` and `memory:` stores.
base::Result<StateFiles> open_state_files(const Config& config, const base::Clock& clock,
                                          base::Random& random);

}  // namespace gatehouse::gateway
