// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "gatehouse/store/record_store_conformance.h"
#include "gatehouse/store/sqlite_record_store.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;
constexpr int kWriters = 12;

// What the child tells about each acknowledged write.
struct Acknowledged {
  int writer;
  int round;
  std::uint64_t generation;  // 0: removed
};

std::string key_of(int writer, int round) {
  return "GRANT#" + std::to_string(writer) + "-" + std::to_string(round);
}

void tell(int pipe, int writer, int round, std::uint64_t generation) {
  const Acknowledged told{writer, round, generation};
  if (write(pipe, &told, sizeof(told)) != sizeof(told)) _exit(3);
}

// Creates, replaces twice and removes every third record, until the process is killed.
base::Task<void> write_for_ever(RecordStore& store, int pipe, int writer, int start) {
  for (int round = start;; ++round) {
    Record record = sample_record(key_of(writer, round), kNow + 600);
    record.attributes["encryptedData"] = std::string(500 + round % 3000, 'x');
    const auto created = co_await store.create(record);
    if (!created) co_return created.error();
    tell(pipe, writer, round, 1);
    for (int i = 0; i < 2; ++i) {
      record = successor_of(record);
      const auto replaced = co_await store.replace(record);
      if (!replaced) co_return replaced.error();
      tell(pipe, writer, round, record.generation);
    }
    if (round % 3 != 0) continue;
    const auto removed = co_await store.remove(record.key, record.generation);
    if (!removed) co_return removed.error();
    tell(pipe, writer, round, 0);
  }
}

[[noreturn]] void be_the_child(const std::string& path, int pipe, int start) {
  const base::FixedClock clock(base::from_epoch_seconds(kNow));
  boost::asio::io_context loop(1);
  auto store = SqliteRecordStore::open(path, clock);
  if (!store) _exit(1);
  for (int writer = 0; writer < kWriters; ++writer) {
    boost::asio::co_spawn(loop, write_for_ever(**store, pipe, writer, start),
                          [](std::exception_ptr, base::Result<void>) { _exit(2); });
  }
  loop.run();
  _exit(4);
}

std::string integrity_of(const std::string& path) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, nullptr);
  std::string verdict = "no answer";
  if (sqlite3_step(statement) == SQLITE_ROW) {
    verdict = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return verdict;
}

using Ledger = std::map<std::string, std::uint64_t>;  // by key; 0: removed

// Reads until the child is dead.
void read_ledger(int pipe, Ledger& ledger) {
  Acknowledged told{};
  while (read(pipe, &told, sizeof(told)) == sizeof(told)) {
    ledger[key_of(told.writer, told.round)] = told.generation;
  }
}

// Starts a child, kills it after `delay`, and adds what it acknowledged to the ledger.
void run_and_kill(const std::string& path, int start, std::chrono::microseconds delay,
                  Ledger& ledger) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(ends[0]);
    be_the_child(path, ends[1], start);
  }
  close(ends[1]);
  const pid_t killer = fork();
  if (killer == 0) {
    usleep(static_cast<useconds_t>(delay.count()));
    kill(child, SIGKILL);
    _exit(0);
  }
  read_ledger(ends[0], ledger);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  waitpid(killer, &status, 0);
}

// A write under way when the child died may have been committed without being acknowledged: the row
// may be one step ahead.
void check_against(const Ledger& ledger, SqliteRecordStore& store, boost::asio::io_context& loop) {
  for (const auto& [key, generation] : ledger) {
    const auto found = run(loop, store.get(key));
    if (generation == 0) {
      EXPECT_FALSE(found) << key << " came back";
      continue;
    }
    if (!found) {
      EXPECT_EQ(generation, 3u) << key << " is lost";  // its removal may have been under way
      continue;
    }
    EXPECT_GE((*found)->generation, generation) << key << " is older than acknowledged";
    EXPECT_LE((*found)->generation, generation + 1) << key;
    EXPECT_EQ((*found)->text("sub"), "0123456789ab");
  }
}

// SQ-01
TEST(SqliteCrash, EverythingAcknowledgedSurvivesSigkill) {
  char pattern[] = "/tmp/gatehouse_crash_test.XXXXXX";
  const std::string directory = mkdtemp(pattern);
  const std::string path = directory + "/records.db";
  const char* const wanted = std::getenv("GATEHOUSE_CRASHES");
  const int crashes = wanted == nullptr ? 40 : std::atoi(wanted);
  std::minstd_rand chance(7);
  Ledger everything;
  for (int crash = 0; crash < crashes; ++crash) {
    Ledger ledger;
    const std::chrono::microseconds delay(500 + chance() % 120'000);
    ASSERT_NO_FATAL_FAILURE(run_and_kill(path, crash * 100'000, delay, ledger));
    if (!std::filesystem::exists(path)) continue;
    if (crash % 20 == 0) {
      EXPECT_EQ(integrity_of(path), "ok");
    }
    const base::FixedClock clock(base::from_epoch_seconds(kNow));
    boost::asio::io_context loop(1);
    auto store = SqliteRecordStore::open(path, clock);
    ASSERT_TRUE(store) << store.error().detail;
    check_against(ledger, **store, loop);
    everything.merge(ledger);
    // Later crashes must not harm what earlier ones left.
    if (crash == crashes - 1) check_against(everything, **store, loop);
  }
  EXPECT_EQ(integrity_of(path), "ok");
  EXPECT_GT(everything.size(), 100u);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace gatehouse::store
