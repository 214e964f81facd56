// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/state_files.h"

#include <filesystem>
#include <utility>

#include "gatehouse/store/memory_record_store.h"
#include "gatehouse/store/sqlite_record_store.h"

namespace gatehouse::gateway {
namespace {

using base::Errc;
using base::Error;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Nothing is made before it is clear that both can be.
base::Result<void> check_pair(const Config& config) {
  bool database = exists(config.store_path);
  bool key = exists(config.key_path);
  if (database == key) return {};
  if (database) {
    return Error{Errc::not_found,
                 "the database " + config.store_path + " exists, but its key file " +
                     config.key_path +
                     " is missing. Restore the key file from where you keep it. If it is lost for "
                     "good, move the "
                     "database away: everyone signs in again, and new files are made."};
  }
  return Error{Errc::not_found,
               "the key file " + config.key_path + " exists, but the database " +
                   config.store_path +
                   " is missing. Check GATEHOUSE_STORE and the working directory. If the database "
                   "is lost for good, "
                   "move the key file away: everyone signs in again, and new files are made."};
}

base::Result<vault::LocalKeys> open_keys(const std::string& path, base::Random& random) {
  if (exists(path)) return vault::read_key_file(path);
  return vault::create_key_file(path, random);
}

}  // namespace

base::Result<StateFiles> open_state_files(const Config& config, const base::Clock& clock,
                                          base::Random& random) {
  StateFiles files;
  const bool lasting = config.store == StoreKind::sqlite;
  const bool has_key_file = config.key == KeyKind::file;
  if (lasting && has_key_file) {
    auto pair = check_pair(config);
    if (!pair) return pair.error();
  }
  files.created = lasting && !exists(config.store_path);

  if (has_key_file) {
    auto keys = open_keys(config.key_path, random);
    if (!keys) return keys.error();
    files.keys = std::move(*keys);
  }
  if (!lasting) {
    auto memory = std::make_unique<store::MemoryRecordStore>(clock);
    files.sweepable = memory.get();
    files.rows = memory.get();
    files.store = std::move(memory);
    return files;
  }
  auto database = store::SqliteRecordStore::open(config.store_path, clock);
  if (!database) return database.error();
  files.sweepable = database->get();
  files.rows = database->get();
  files.database = database->get();
  files.store = std::move(*database);
  return files;
}

}  // namespace gatehouse::gateway
