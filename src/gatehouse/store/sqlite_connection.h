// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::store {

// A prepared statement that is used again and again. Bound texts are not copied: they must live
// until reset().
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  // Parameters are counted from 1.
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::int64_t number);
  void bind_null(int parameter);

  base::Result<bool> step();  // whether there is a row

  // Columns are counted from 0; texts die with the next step or reset.
  std::string_view text(int column) const;
  std::int64_t number(int column) const;
  bool is_null(int column) const;

  void reset();  // also forgets what was bound

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bind_failure_ = 0;
};

// Resets the statement when its use ends, so that it holds neither locks nor bound texts.
class StatementUse {
 public:
  explicit StatementUse(SqliteStatement& statement) : statement_(statement) {}
  ~StatementUse() { statement_.reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

 private:
  SqliteStatement& statement_;
};

// One connection to an existing file, for one thread at a time. Failures of the database are
// Errc::unavailable; a file that is no database is Errc::invalid_argument. Details name the
// condition and never content.
class SqliteConnection {
 public:
  static base::Result<SqliteConnection> open(const std::string& path,
                                             std::chrono::milliseconds busy_timeout);

  SqliteConnection(SqliteConnection&& other) noexcept;
  SqliteConnection& operator=(SqliteConnection&&) = delete;
  ~SqliteConnection();

  base::Result<SqliteStatement> prepare(std::string_view sql);
  base::Result<void> execute(const std::string& sql);
  // The first column of the first row.
  base::Result<std::string> query_text(std::string_view sql);
  base::Result<std::int64_t> query_number(std::string_view sql);

  std::int64_t changes() const;  // rows of the last write
  bool in_transaction() const;

 private:
  explicit SqliteConnection(sqlite3* database) : database_(database) {}
  sqlite3* database_;
};

}  // namespace gatehouse::store
