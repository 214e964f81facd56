// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/sqlite_record_store.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/store/record_rules.h"
#include "gatehouse/store/sqlite_connection.h"
#include "gatehouse/store/sqlite_file.h"
#include "gatehouse/store/sqlite_writer.h"

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Task;

// How long a foreign lock is waited for. Writes wait on a thread of their own; a read would hold up
// the loop, and in WAL mode it meets a lock only while another process opens or recovers the file.
constexpr std::chrono::milliseconds kWriteBusyTimeout{5000};
constexpr std::chrono::milliseconds kReadBusyTimeout{250};
constexpr int kOpeningAttempts = 50;
constexpr std::chrono::milliseconds kOpeningPause{100};
constexpr std::size_t kSweepBatchMax = 500;

// Marks the file as ours in its header ("Gth1"), and the format of what is in it.
constexpr std::int64_t kApplicationId = 0x47746831;
constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kSchemaSql =
    "CREATE TABLE records ("
    " id INTEGER PRIMARY KEY,"
    " sessionId TEXT NOT NULL UNIQUE,"
    " ttl INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " gen INTEGER NOT NULL,"
    " wid TEXT NOT NULL,"
    " encryptedData TEXT,"
    " encryptedKey TEXT,"
    " iv TEXT,"
    " authTag TEXT,"
    " salt TEXT,"
    " commitment TEXT,"
    " attributes TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX records_by_ttl ON records (ttl);"
    "PRAGMA application_id = 1198811185;"
    "PRAGMA user_version = 1;";
static_assert(kApplicationId == 1198811185 && kSchemaVersion == 1);

#define GATEHOUSE_RECORD_COLUMNS                                                              \
  "sessionId, ttl, version, gen, wid, attributes, encryptedData, encryptedKey, iv, authTag, " \
  "salt, commitment"
constexpr const char* kGetSql =
    "SELECT " GATEHOUSE_RECORD_COLUMNS " FROM records WHERE sessionId = ?1 AND ttl > ?2";
constexpr const char* kListSql =
    "SELECT " GATEHOUSE_RECORD_COLUMNS
    " FROM records WHERE sessionId >= ?1 AND sessionId > ?2 AND ttl > ?3 ORDER BY sessionId";
#undef GATEHOUSE_RECORD_COLUMNS

enum class Content { empty, ours };

Error with_path(const Error& error, const std::string& path) {
  return {error.code, path + ": " + error.detail};
}

// Decides by reading alone, so that a file we do not know stays as it is.
Result<Content> inspect(SqliteConnection& connection, const std::string& path) {
  const auto tables = connection.query_number("SELECT count(*) FROM sqlite_schema");
  if (!tables) {
    if (tables.error().code != Errc::invalid_argument) return with_path(tables.error(), path);
    return Error{Errc::invalid_argument, path + " is no SQLite database. Choose another path"};
  }
  const auto application = connection.query_number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = connection.query_number("PRAGMA user_version");
  if (!version) return version.error();
  if (*tables == 0 && *application == 0 && *version == 0) return Content::empty;
  if (*application != kApplicationId) {
    return Error{Errc::invalid_argument,
                 path + " is a database of another program. Choose another path"};
  }
  if (*version == kSchemaVersion) return Content::ours;
  return Error{Errc::invalid_argument, path + " has format " + std::to_string(*version) +
                                           ", and this gatehouse knows format " +
                                           std::to_string(kSchemaVersion) +
                                           ". Run the version that wrote it; nothing was changed"};
}

// The mode is kept in the file; the first process needs the file to itself for a moment, in which
// SQLite does not wait by itself.
Result<void> enter_wal_mode(SqliteConnection& connection, const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    const auto mode = connection.query_text("PRAGMA journal_mode = WAL");
    if (mode && *mode == "wal") return {};
    if (mode) {
      return Error{Errc::invalid_argument,
                   path +
                       " lies on a file system without shared memory (a network drive?), which "
                       "SQLite needs. Choose a local disk"};
    }
    if (attempt == kOpeningAttempts) return with_path(mode.error(), path);
    std::this_thread::sleep_for(kOpeningPause);
  }
}

// Two processes may find the file empty at once; the second sees the work of the first inside its
// transaction.
Result<void> create_schema(SqliteConnection& connection, const std::string& path) {
  const auto begun = connection.execute("BEGIN IMMEDIATE");
  if (!begun) return with_path(begun.error(), path);
  const auto content = inspect(connection, path);
  Result<void> done;
  if (!content) {
    done = content.error();
  } else if (*content == Content::empty) {
    done = connection.execute(kSchemaSql);
  }
  if (done) done = connection.execute("COMMIT");
  if (!done && connection.in_transaction()) (void)connection.execute("ROLLBACK").has_value();
  return done;
}

Result<void> configure(SqliteConnection& connection, const std::string& path) {
  const auto set = connection.execute(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16000; PRAGMA mmap_size = 0;"
      "PRAGMA journal_size_limit = 16777216");
  if (!set) return with_path(set.error(), path);
  return {};
}

Result<void> add_other_attributes(Record& record, std::string_view json) {
  const Error damaged{Errc::internal, "a row of the database is damaged"};
  const auto parsed = base::JsonDocument::parse(json);
  if (!parsed || !parsed->root().is_object()) return damaged;
  for (const base::JsonMember& member : parsed->root().members()) {
    if (const auto text = member.value.as_string()) {
      record.attributes.emplace(member.name, std::string(*text));
    } else if (member.value.kind() == base::JsonKind::integer && member.value.as_integer()) {
      record.attributes.emplace(member.name, *member.value.as_integer());
    } else {
      return damaged;
    }
  }
  return {};
}

Result<RecordPtr> to_record(const SqliteStatement& row) {
  auto record = std::make_shared<Record>();
  record->key = row.text(0);
  record->ttl = row.number(1);
  record->version = row.number(2);
  record->generation = static_cast<std::uint64_t>(row.number(3));
  record->write_id = row.text(4);
  int column = 6;
  for (const char* const name : kSealedColumns) {
    if (!row.is_null(column)) record->attributes.emplace(name, std::string(row.text(column)));
    ++column;
  }
  const auto added = add_other_attributes(*record, row.text(5));
  if (!added) return added.error();
  return RecordPtr(std::move(record));
}

// The reading side of the table.
class Reader {
 public:
  static Result<Reader> on(SqliteConnection connection, const base::Clock& clock) {
    Reader reader(std::move(connection), clock);
    const std::pair<SqliteStatement*, const char*> wanted[] = {{&reader.get_, kGetSql},
                                                               {&reader.list_, kListSql},
                                                               {&reader.begin_, "BEGIN"},
                                                               {&reader.end_, "COMMIT"}};
    for (const auto& [statement, sql] : wanted) {
      auto prepared = reader.connection_.prepare(sql);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
    return reader;
  }

  // Null when absent or expired.
  Result<RecordPtr> find(std::string_view key) {
    const StatementUse use(get_);
    get_.bind(1, key);
    get_.bind(2, base::epoch_seconds(clock_.now()));
    const auto row = get_.step();
    if (!row) return row.error();
    if (!*row) return RecordPtr();
    return to_record(get_);
  }

  // One snapshot for all keys.
  Result<std::vector<RecordPtr>> find_each(const std::vector<std::string>& keys) {
    const auto begun = run(begin_);
    if (!begun) return begun.error();
    std::vector<RecordPtr> records;
    Result<void> sound;
    for (std::size_t i = 0; i < keys.size() && sound; ++i) {
      auto record = find(keys[i]);
      if (!record) {
        sound = record.error();
      } else {
        records.push_back(std::move(*record));
      }
    }
    // A snapshot that stayed open would make every later read stale.
    const auto ended = run(end_);
    if (!ended) (void)connection_.execute("ROLLBACK").has_value();
    if (!sound) return sound.error();
    return records;
  }

  Result<RecordPage> list(std::string_view prefix, std::string_view from, std::size_t rows_max) {
    const StatementUse use(list_);
    list_.bind(1, prefix);
    list_.bind(2, from);
    list_.bind(3, base::epoch_seconds(clock_.now()));
    RecordPage page;
    for (;;) {
      const auto row = list_.step();
      if (!row) return row.error();
      if (!*row || !list_.text(0).starts_with(prefix)) return page;
      if (page.records.size() == rows_max) {
        page.next = page.records.back()->key;
        return page;
      }
      auto record = to_record(list_);
      if (!record) return record.error();
      page.records.push_back(std::move(*record));
    }
  }

 private:
  Reader(SqliteConnection connection, const base::Clock& clock)
      : connection_(std::move(connection)), clock_(clock) {}

  static Result<void> run(SqliteStatement& statement) {
    const StatementUse use(statement);
    const auto done = statement.step();
    if (!done) return done.error();
    return {};
  }

  // Declared first, so that the statements go before it.
  SqliteConnection connection_;
  const base::Clock& clock_;
  SqliteStatement get_;
  SqliteStatement list_;
  SqliteStatement begin_;
  SqliteStatement end_;
};

}  // namespace

class SqliteRecordStore::Impl {
 public:
  Impl(Reader reader, std::unique_ptr<SqliteWriter> writing, Opening how)
      : table(std::move(reader)), writer(std::move(writing)), opening(how) {}

  // On the loop's thread, which is where outcomes arrive.
  const Error& counted(const Error& error) {
    if (error.code == Errc::unavailable || error.code == Errc::internal) ++failures;
    return error;
  }

  Reader table;
  const std::unique_ptr<SqliteWriter> writer;
  const Opening opening;
  std::uint64_t failures = 0;
};

SqliteRecordStore::SqliteRecordStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteRecordStore::~SqliteRecordStore() = default;

namespace {

struct PreparedFile {
  SqliteConnection writing;
  SqliteRecordStore::Opening opening;
};

Result<PreparedFile> prepare(const std::string& path) {
  const auto file = prepare_database_file(path);
  if (!file) return file.error();
  auto writing = SqliteConnection::open(path, kWriteBusyTimeout);
  if (!writing) return with_path(writing.error(), path);
  const auto content = inspect(*writing, path);
  if (!content) return content.error();
  const auto wal = enter_wal_mode(*writing, path);
  if (!wal) return wal.error();
  if (*content == Content::empty) {
    const auto created = create_schema(*writing, path);
    if (!created) return created.error();
  }
  const auto configured = configure(*writing, path);
  if (!configured) return configured.error();
  return PreparedFile{std::move(*writing), *content == Content::empty
                                               ? SqliteRecordStore::Opening::created
                                               : SqliteRecordStore::Opening::existing};
}

}  // namespace

Result<std::unique_ptr<SqliteRecordStore>> SqliteRecordStore::open(const std::string& path,
                                                                   const base::Clock& clock) {
  auto prepared = prepare(path);
  if (!prepared) return prepared.error();
  auto writer = SqliteWriter::start(std::move(prepared->writing), clock);
  if (!writer) return with_path(writer.error(), path);
  auto reading = SqliteConnection::open(path, kReadBusyTimeout);
  if (!reading) return with_path(reading.error(), path);
  const auto configured = configure(*reading, path);
  if (!configured) return configured.error();
  auto reader = Reader::on(std::move(*reading), clock);
  if (!reader) return with_path(reader.error(), path);
  return std::unique_ptr<SqliteRecordStore>(new SqliteRecordStore(
      std::make_unique<Impl>(std::move(*reader), std::move(*writer), prepared->opening)));
}

SqliteRecordStore::Opening SqliteRecordStore::opening() const { return impl_->opening; }

std::uint64_t SqliteRecordStore::failures() const { return impl_->failures; }

Task<RecordPtr> SqliteRecordStore::get(std::string_view key) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  auto found = impl_->table.find(key);
  if (!found) co_return impl_->counted(found.error());
  if (*found == nullptr) co_return Error{Errc::not_found, "no such record"};
  co_return found;
}

Task<std::vector<RecordPtr>> SqliteRecordStore::get_each(const std::vector<std::string>& keys) {
  const auto checked = check_keys(keys);
  if (!checked) co_return checked.error();
  auto found = impl_->table.find_each(keys);
  if (!found) co_return impl_->counted(found.error());
  co_return found;
}

Task<void> SqliteRecordStore::create(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  SqliteWrite write(SqliteWrite::Kind::create, std::move(record));
  const auto written = co_await impl_->writer->write(std::move(write));
  if (!written) co_return impl_->counted(written.error());
  co_return Result<void>();
}

Task<void> SqliteRecordStore::replace(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  SqliteWrite write(SqliteWrite::Kind::replace, std::move(record));
  const auto written = co_await impl_->writer->write(std::move(write));
  if (!written) co_return impl_->counted(written.error());
  co_return Result<void>();
}

Task<void> SqliteRecordStore::remove(std::string_view key, std::uint64_t generation) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  Record named;
  named.key = key;
  named.generation = generation;
  SqliteWrite write(SqliteWrite::Kind::remove, std::move(named));
  const auto written = co_await impl_->writer->write(std::move(write));
  if (!written) co_return impl_->counted(written.error());
  co_return Result<void>();
}

Task<std::size_t> SqliteRecordStore::remove_expired(std::size_t rows_max) {
  // In small batches, so that other writes pass between them.
  std::size_t removed = 0;
  while (removed < rows_max) {
    const std::size_t batch = std::min(kSweepBatchMax, rows_max - removed);
    SqliteWrite write(batch);
    const auto written = co_await impl_->writer->write(std::move(write));
    if (!written) co_return impl_->counted(written.error());
    removed += *written;
    if (*written < batch) break;
  }
  co_return removed;
}

Task<RecordPage> SqliteRecordStore::list(std::string_view prefix, const std::string& from,
                                         std::size_t rows_max) {
  const auto checked = check_listing(prefix, from, rows_max);
  if (!checked) co_return checked.error();
  co_return impl_->table.list(prefix, from, std::min(rows_max, kRowsPerListMax));
}

Task<void> SqliteRecordStore::amend(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  SqliteWrite write(SqliteWrite::Kind::amend, std::move(record));
  const auto written = co_await impl_->writer->write(std::move(write));
  if (!written) co_return impl_->counted(written.error());
  co_return Result<void>();
}

}  // namespace gatehouse::store
