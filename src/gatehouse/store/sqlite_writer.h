// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/store/sqlite_connection.h"

namespace gatehouse::store {

// One conditional write.
struct SqliteWrite {
  enum class Kind { create, replace, amend, remove, sweep };

  SqliteWrite(Kind wanted, Record about) : kind(wanted), record(std::move(about)) {}
  explicit SqliteWrite(std::size_t rows) : kind(Kind::sweep), rows_max(rows) {}

  Kind kind;
  Record record;             // remove: only key and generation
  std::size_t rows_max = 0;  // sweep
};

// A thread that commits whatever has queued up in one transaction, so that many writers share one
// wait for the disk. Each write learns its own outcome, and only after the commit: when that fails,
// every write of the group is Errc::unavailable. Destroying it first writes what is queued. Must be
// destroyed before the loops of those who wait.
class SqliteWriter {
 public:
  using Outcome = base::Result<std::size_t>;  // rows written

  static base::Result<std::unique_ptr<SqliteWriter>> start(SqliteConnection connection,
                                                           const base::Clock& clock);
  ~SqliteWriter();

  // The outcome comes back on the executor of the coroutine that waits.
  base::Coroutine<Outcome> write(SqliteWrite write);

 private:
  class Impl;
  explicit SqliteWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The columns of a row after sessionId, ttl, version, gen and wid: sealed fields that an auditor
// should find by name. Everything else lies in the column `attributes` as a JSON object.
inline constexpr const char* kSealedColumns[] = {"encryptedData", "encryptedKey", "iv",
                                                 "authTag",       "salt",         "commitment"};

}  // namespace gatehouse::store
