// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/sqlite_writer.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::size_t kQueuedMax = 10'000;
constexpr std::size_t kGroupMax = 128;

constexpr const char* kCreateSql =
    "INSERT INTO records (sessionId, ttl, version, gen, wid, attributes, encryptedData,"
    " encryptedKey, iv, authTag, salt, commitment)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    " ON CONFLICT (sessionId) DO UPDATE SET ttl = ?2, version = ?3, gen = ?4, wid = ?5,"
    " attributes = ?6, encryptedData = ?7, encryptedKey = ?8, iv = ?9, authTag = ?10, salt = ?11,"
    " commitment = ?12 WHERE records.ttl <= ?13";
constexpr const char* kReplaceSql =
    "UPDATE records SET ttl = ?2, version = ?3, gen = ?4, wid = ?5, attributes = ?6,"
    " encryptedData = ?7, encryptedKey = ?8, iv = ?9, authTag = ?10, salt = ?11, commitment = ?12"
    " WHERE sessionId = ?1 AND gen = ?4 - 1 AND ttl > ?13";
constexpr const char* kAmendSql =
    "UPDATE records SET ttl = ?2, version = ?3, attributes = ?6, encryptedData = ?7,"
    " encryptedKey = ?8, iv = ?9, authTag = ?10, salt = ?11, commitment = ?12"
    " WHERE sessionId = ?1 AND gen = ?4 AND wid = ?5 AND ttl > ?13";
constexpr const char* kRemoveSql =
    "DELETE FROM records WHERE sessionId = ?1 AND gen = ?2 AND ttl > ?3";
constexpr const char* kExistsSql = "SELECT 1 FROM records WHERE sessionId = ?1 AND ttl > ?2";
constexpr const char* kSweepSql =
    "DELETE FROM records WHERE id IN"
    " (SELECT id FROM records WHERE ttl <= ?1 ORDER BY ttl LIMIT ?2)";

bool is_sealed_column(const std::string& name, const Attribute& attribute) {
  return std::holds_alternative<std::string>(attribute) &&
         std::find(std::begin(kSealedColumns), std::end(kSealedColumns), name) !=
             std::end(kSealedColumns);
}

std::string other_attributes(const Record& record) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  for (const auto& [name, attribute] : record.attributes) {
    if (is_sealed_column(name, attribute)) continue;
    json.key(name);
    if (const auto* const number = std::get_if<std::int64_t>(&attribute)) {
      json.value(*number);
    } else {
      json.value(std::get<std::string>(attribute));
    }
  }
  json.end_object();
  return text;
}

// The writing side of the table: one statement per kind of write.
class Table {
 public:
  static Result<Table> on(SqliteConnection connection) {
    Table table(std::move(connection));
    const std::pair<SqliteStatement*, const char*> wanted[] = {
        {&table.create_, kCreateSql}, {&table.replace_, kReplaceSql}, {&table.amend_, kAmendSql},
        {&table.remove_, kRemoveSql}, {&table.exists_, kExistsSql},   {&table.sweep_, kSweepSql}};
    for (const auto& [statement, sql] : wanted) {
      auto prepared = table.connection_.prepare(sql);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
    return table;
  }

  // Outcomes that belong to the write itself are Errc::conflict and Errc::not_found; anything else
  // is the database failing.
  Result<std::size_t> apply(const SqliteWrite& write, std::int64_t now) {
    switch (write.kind) {
      case SqliteWrite::Kind::create:
        return put(create_, write.record, now, "the record exists");
      case SqliteWrite::Kind::replace:
        return put(replace_, write.record, now, "the record has moved on");
      case SqliteWrite::Kind::amend:
        return put(amend_, write.record, now, "the record has moved on");
      case SqliteWrite::Kind::remove:
        return remove(write.record, now);
      case SqliteWrite::Kind::sweep:
        return sweep(write.rows_max, now);
    }
    return Error{Errc::internal, "a kind of write that does not exist"};
  }

  Result<void> begin() { return connection_.execute("BEGIN IMMEDIATE"); }
  Result<void> commit() { return connection_.execute("COMMIT"); }

  void roll_back() {
    // SQLite has often done so itself, on a full disk for instance; failing twice changes nothing.
    if (connection_.in_transaction()) (void)connection_.execute("ROLLBACK").has_value();
  }

 private:
  explicit Table(SqliteConnection connection) : connection_(std::move(connection)) {}

  Result<std::size_t> put(SqliteStatement& statement, const Record& record, std::int64_t now,
                          const char* refusal) {
    const StatementUse use(statement);
    const std::string others = other_attributes(record);
    statement.bind(1, record.key);
    statement.bind(2, record.ttl);
    statement.bind(3, record.version);
    statement.bind(4, static_cast<std::int64_t>(record.generation));
    statement.bind(5, record.write_id);
    statement.bind(6, others);
    int parameter = 7;
    for (const char* const name : kSealedColumns) {
      const auto found = record.attributes.find(name);
      if (found != record.attributes.end() && is_sealed_column(name, found->second)) {
        statement.bind(parameter++, std::get<std::string>(found->second));
      } else {
        statement.bind_null(parameter++);
      }
    }
    statement.bind(parameter, now);
    const auto done = statement.step();
    if (!done) return done.error();
    if (connection_.changes() == 0) return Error{Errc::conflict, refusal};
    return 1;
  }

  Result<std::size_t> remove(const Record& record, std::int64_t now) {
    {
      const StatementUse use(remove_);
      remove_.bind(1, record.key);
      remove_.bind(2, static_cast<std::int64_t>(record.generation));
      remove_.bind(3, now);
      const auto done = remove_.step();
      if (!done) return done.error();
      if (connection_.changes() > 0) return 1;
    }
    const StatementUse use(exists_);
    exists_.bind(1, record.key);
    exists_.bind(2, now);
    const auto row = exists_.step();
    if (!row) return row.error();
    if (*row) return Error{Errc::conflict, "the record has moved on"};
    return Error{Errc::not_found, "no such record"};
  }

  Result<std::size_t> sweep(std::size_t rows_max, std::int64_t now) {
    const StatementUse use(sweep_);
    sweep_.bind(1, now);
    sweep_.bind(2, static_cast<std::int64_t>(rows_max));
    const auto done = sweep_.step();
    if (!done) return done.error();
    return static_cast<std::size_t>(connection_.changes());
  }

  // Declared first, so that the statements go before it.
  SqliteConnection connection_;
  SqliteStatement create_;
  SqliteStatement replace_;
  SqliteStatement amend_;
  SqliteStatement remove_;
  SqliteStatement exists_;
  SqliteStatement sweep_;
};

bool is_own_outcome(const SqliteWriter::Outcome& outcome) {
  return outcome || outcome.error().code == Errc::conflict ||
         outcome.error().code == Errc::not_found;
}

// A write and whoever waits for it.
class Job {
 public:
  explicit Job(SqliteWrite wanted) : write(std::move(wanted)) {}
  virtual ~Job() = default;
  virtual void complete() = 0;  // hands the outcome over; any thread

  const SqliteWrite write;
  SqliteWriter::Outcome outcome{std::size_t{0}};
};

template <class Handler>
class HandlerJob final : public Job {
  using Executor = boost::asio::associated_executor_t<Handler>;

 public:
  HandlerJob(SqliteWrite wanted, Handler handler)
      : Job(std::move(wanted)),
        handler_(std::move(handler)),
        loop_(boost::asio::get_associated_executor(handler_)) {}

  void complete() override {
    const Executor executor = loop_.get_executor();
    boost::asio::post(executor,
                      [handler = std::move(handler_), result = std::move(outcome)]() mutable {
                        std::move(handler)(std::move(result));
                      });
  }

 private:
  Handler handler_;
  // Keeps the loop running while nothing but this write is under way.
  boost::asio::executor_work_guard<Executor> loop_;
};

}  // namespace

class SqliteWriter::Impl {
 public:
  Impl(Table table, const base::Clock& clock)
      : table_(std::move(table)), clock_(clock), thread_([this] { serve(); }) {
    pthread_setname_np(thread_.native_handle(), "store-writer");
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void enqueue(std::unique_ptr<Job> job) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() < kQueuedMax) {
        queue_.push_back(std::move(job));
      } else {
        job->outcome = Error{Errc::unavailable, "too many writes are waiting for the disk"};
      }
    }
    if (job != nullptr) {
      job->complete();
      return;
    }
    wake_.notify_one();
  }

 private:
  using Group = std::vector<std::unique_ptr<Job>>;

  void serve() {
    for (;;) {
      // The group must go before the next wait: its jobs keep the loops running.
      Group group = next_group();
      if (group.empty()) return;
      auto written = table_.begin();
      if (written) {
        written = write_together(group);
      } else {
        take_rest_of_queue(group);
      }
      if (!written) table_.roll_back();
      for (const auto& job : group) {
        if (!written) job->outcome = Error{Errc::unavailable, written.error().detail};
        job->complete();
      }
    }
  }

  // Waits for work; empty when there is none and none will come.
  Group next_group() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    Group group;
    while (!queue_.empty() && group.size() < kGroupMax) {
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return group;
  }

  // Whoever queued up while the lock was waited for has waited too; another round each would add up
  // without bound.
  void take_rest_of_queue(Group& group) {
    const std::lock_guard lock(mutex_);
    std::move(queue_.begin(), queue_.end(), std::back_inserter(group));
    queue_.clear();
  }

  Result<void> write_together(Group& group) {
    // After the wait for the lock: a record that expired meanwhile is gone.
    const std::int64_t now = base::epoch_seconds(clock_.now());
    for (const auto& job : group) {
      job->outcome = table_.apply(job->write, now);
      if (!is_own_outcome(job->outcome)) return job->outcome.error();
    }
    return table_.commit();
  }

  Table table_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> queue_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

namespace {

// What Asio calls with the handler of the waiting coroutine.
template <class Queue>
struct Enqueue {
  Queue* queue;

  template <class Handler>
  void operator()(Handler&& handler, SqliteWrite write) const {
    queue->enqueue(std::make_unique<HandlerJob<std::decay_t<Handler>>>(
        std::move(write), std::forward<Handler>(handler)));
  }
};

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteWriter::~SqliteWriter() = default;

Result<std::unique_ptr<SqliteWriter>> SqliteWriter::start(SqliteConnection connection,
                                                          const base::Clock& clock) {
  auto table = Table::on(std::move(connection));
  if (!table) return table.error();
  return std::unique_ptr<SqliteWriter>(
      new SqliteWriter(std::make_unique<Impl>(std::move(*table), clock)));
}

base::Coroutine<SqliteWriter::Outcome> SqliteWriter::write(SqliteWrite write) {
  using Token = boost::asio::use_awaitable_t<base::Executor>;
  Token token;
  return boost::asio::async_initiate<Token, void(Outcome)>(Enqueue<Impl>{impl_.get()}, token,
                                                           std::move(write));
}

}  // namespace gatehouse::store
