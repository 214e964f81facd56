// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/sqlite_connection.h"

#include <sqlite3.h>

#include <cassert>

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;

Error to_error(int code) {
  const bool is_foreign = (code & 0xFF) == SQLITE_NOTADB;
  return {is_foreign ? Errc::invalid_argument : Errc::unavailable,
          "SQLite: " + std::string(sqlite3_errstr(code)) + " (" + std::to_string(code) + ")"};
}

// A database that others may have written is data, not code.
void distrust_schema(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      bind_failure_(std::exchange(other.bind_failure_, 0)) {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(bind_failure_, other.bind_failure_);
  return *this;
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL instead of an empty text.
  const char* const bytes = text.data() == nullptr ? "" : text.data();
  const int code =
      sqlite3_bind_text64(statement_, parameter, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_failure_ = code;
}

void SqliteStatement::bind(int parameter, std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_, parameter, number);
  if (code != SQLITE_OK) bind_failure_ = code;
}

void SqliteStatement::bind_null(int parameter) {
  const int code = sqlite3_bind_null(statement_, parameter);
  if (code != SQLITE_OK) bind_failure_ = code;
}

Result<bool> SqliteStatement::step() {
  if (bind_failure_ != SQLITE_OK) return to_error(bind_failure_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return to_error(code);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bind_failure_ = SQLITE_OK;
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path,
                                                std::chrono::milliseconds busy_timeout) {
  sqlite3* database = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                         SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(path.c_str(), &database, kFlags, nullptr);
  SqliteConnection connection(database);
  if (code != SQLITE_OK) return to_error(code);
  sqlite3_busy_timeout(database, static_cast<int>(busy_timeout.count()));
  distrust_schema(database);
  return connection;
}

SqliteConnection::SqliteConnection(SqliteConnection&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

SqliteConnection::~SqliteConnection() {
  const int code = sqlite3_close(database_);
  assert(code == SQLITE_OK && "a statement outlives its connection");
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return to_error(code);
  return SqliteStatement(statement);
}

Result<void> SqliteConnection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return to_error(code);
  return {};
}

Result<std::string> SqliteConnection::query_text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? std::string(statement->text(0)) : std::string();
}

Result<std::int64_t> SqliteConnection::query_number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(database_); }

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

}  // namespace gatehouse::store
