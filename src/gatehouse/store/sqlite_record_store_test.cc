// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/sqlite_record_store.h"

#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char pattern[] = "/tmp/gatehouse_store_test.XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name = "records.db") const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct SqliteHarness {
  SqliteHarness(boost::asio::io_context&, const base::Clock& clock)
      : records(*SqliteRecordStore::open(directory.file(), clock)) {}
  RecordStore& store() { return *records; }
  Sweepable* sweepable() { return records.get(); }
  Enumerable* enumerable() { return records.get(); }

  TemporaryDirectory directory;
  std::unique_ptr<SqliteRecordStore> records;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, RecordStoreConformance, SqliteHarness);

// A second pair of eyes on the file, through the library itself.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) { sqlite3_open(path.c_str(), &database_); }
  ~RawDatabase() { sqlite3_close(database_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  int execute(const std::string& sql) {
    return sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  }

  std::string query(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      return sqlite3_errmsg(database_);
    }
    std::string text;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
      text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return text;
  }

 private:
  sqlite3* database_ = nullptr;
};

class SqliteStore : public testing::Test {
 protected:
  std::unique_ptr<SqliteRecordStore> open() { return open(directory_.file()); }
  std::unique_ptr<SqliteRecordStore> open(const std::string& path) {
    auto opened = SqliteRecordStore::open(path, clock_);
    EXPECT_TRUE(opened) << opened.error().detail;
    return std::move(*opened);
  }
  std::string refusal(const std::string& path, base::Errc code = base::Errc::invalid_argument) {
    const auto opened = SqliteRecordStore::open(path, clock_);
    if (opened) return "opened";
    EXPECT_EQ(opened.error().code, code) << opened.error().detail;
    return opened.error().detail;
  }
  static Record sample(std::string key = "GRANT#a") {
    return sample_record(std::move(key), kNow + 600);
  }

  TemporaryDirectory directory_;
  base::FixedClock clock_{base::from_epoch_seconds(kNow)};
  boost::asio::io_context loop_{1};
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Runs in a child process; 77 means that this machine cannot do it.
int exit_code_of(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// PERSIST
TEST_F(SqliteStore, RecordsSurviveARestart) {
  {
    const auto store = open();
    EXPECT_EQ(store->opening(), SqliteRecordStore::Opening::created);
    ASSERT_TRUE(run(loop_, store->create(sample())));
  }
  const auto store = open();
  EXPECT_EQ(store->opening(), SqliteRecordStore::Opening::existing);
  const auto found = run(loop_, store->get("GRANT#a"));
  ASSERT_TRUE(found);
  EXPECT_EQ(**found, sample());
}

// VA-01
TEST_F(SqliteStore, RowsHaveNamedColumns) {
  const auto store = open();
  ASSERT_TRUE(run(loop_, store->create(sample())));
  RawDatabase raw(directory_.file());
  const Record expected = sample();
  for (const char* const column :
       {"encryptedData", "encryptedKey", "iv", "authTag", "salt", "commitment"}) {
    EXPECT_EQ(raw.query(std::string("SELECT ") + column + " FROM records"), expected.text(column));
  }
  EXPECT_EQ(raw.query("SELECT attributes FROM records"), R"({"epoch":7,"sub":"0123456789ab"})");
  EXPECT_EQ(raw.query("SELECT ttl || ' ' || version || ' ' || gen || ' ' || wid FROM records"),
            std::to_string(kNow + 600) + " 1 1 w1");
}

// SQ-10
TEST_F(SqliteStore, FilesAreForTheOwnerAlone) {
  const mode_t previous = umask(0);
  const auto store = open();
  ASSERT_TRUE(run(loop_, store->create(sample())));
  umask(previous);
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(mode_of(directory_.file() + suffix), 0600u) << suffix;
  }
}

// SQ-10
TEST_F(SqliteStore, AStrictUmaskDoesNotLockUsOut) {
  const mode_t previous = umask(0777);
  const auto store = open();
  ASSERT_TRUE(run(loop_, store->create(sample())));
  umask(previous);
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(mode_of(directory_.file() + suffix), 0600u) << suffix;
  }
}

// SQ-10
TEST_F(SqliteStore, TakesRightsFromOthers) {
  { const auto store = open(); }
  chmod(directory_.file().c_str(), 0644);
  const auto store = open();
  EXPECT_EQ(mode_of(directory_.file()), 0600u);
}

TEST_F(SqliteStore, NamesTheRemedyForABadPath) {
  EXPECT_NE(refusal(directory_.file("none/records.db")).find("mkdir -p -m 700"), std::string::npos);
  EXPECT_NE(refusal(directory_.path()).find("not a regular file"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
  { const auto store = open(); }
  EXPECT_NE(refusal(directory_.file() + "/below").find("not a directory"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_.file("none")));
}

// SQ-06
TEST_F(SqliteStore, NamesTheRemedyForMissingRights) {
  if (geteuid() == 0) GTEST_SKIP() << "rights do not bind root";
  ASSERT_EQ(chmod(directory_.path().c_str(), 0500), 0);
  EXPECT_NE(refusal(directory_.file()).find("chown"), std::string::npos);
  chmod(directory_.path().c_str(), 0700);
}

// SQ-06
TEST_F(SqliteStore, NamesTheRemedyForAReadOnlyDisk) {
  const std::string disk = directory_.file("disk");
  std::filesystem::create_directory(disk);
  const int code = exit_code_of([&] {
    if (unshare(CLONE_NEWNS) != 0) return 77;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) return 77;
    const std::string path = disk + "/records.db";
    if (!run(loop_, open(path)->create(sample()))) return 1;
    const unsigned long read_only = MS_REMOUNT | MS_RDONLY;
    if (mount("tmpfs", disk.c_str(), "tmpfs", read_only, "size=4m") != 0) return 2;
    if (refusal(path).find("read-only file system") == std::string::npos) return 3;
    if (mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m") != 0) return 4;
    return run(loop_, open(path)->get("GRANT#a")) ? 0 : 5;
  });
  if (code == 77) GTEST_SKIP() << "no right to mount a disk";
  EXPECT_EQ(code, 0);
}

// SQ-06: whoever has the file open keeps it; nobody opens it anew, and nothing is harmed.
TEST_F(SqliteStore, RightsLostWhileRunningRefuseTheNextStartOnly) {
  ASSERT_EQ(chmod(directory_.path().c_str(), 0777), 0);
  const int code = exit_code_of([&] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) return 1;
    const std::string own = directory_.file("own");
    if (mkdir(own.c_str(), 0700) != 0) return 2;
    const std::string path = own + "/records.db";
    {
      const auto store = open(path);
      if (!run(loop_, store->create(sample()))) return 3;
      chmod(path.c_str(), 0400);
      chmod(own.c_str(), 0500);
      if (!run(loop_, store->create(sample("GRANT#b")))) return 4;
      if (refusal(path).find("chown") == std::string::npos) return 5;
    }
    chmod(own.c_str(), 0700);
    if (refusal(path).find("chmod 600") == std::string::npos) return 6;
    chmod(path.c_str(), 0600);
    const auto store = open(path);
    return run(loop_, store->get("GRANT#a")) && run(loop_, store->get("GRANT#b")) ? 0 : 7;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(SqliteStore, OpensAnEmptyFileAsNew) {
  std::ofstream(directory_.file()).close();
  const auto store = open();
  EXPECT_EQ(store->opening(), SqliteRecordStore::Opening::created);
  EXPECT_TRUE(run(loop_, store->create(sample())));
}

TEST_F(SqliteStore, RefusesWhatIsNoDatabase) {
  std::ofstream(directory_.file()) << std::string(8192, 'x');
  EXPECT_NE(refusal(directory_.file()).find("no SQLite database"), std::string::npos);
  EXPECT_EQ(contents_of(directory_.file()), std::string(8192, 'x'));
}

TEST_F(SqliteStore, RefusesTheDatabaseOfAnotherProgram) {
  {
    RawDatabase raw(directory_.file());
    raw.execute("CREATE TABLE bookmarks (url TEXT)");
  }
  chmod(directory_.file().c_str(), 0600);
  const std::string before = contents_of(directory_.file());
  EXPECT_NE(refusal(directory_.file()).find("another program"), std::string::npos);
  EXPECT_EQ(contents_of(directory_.file()), before);
}

// VA-17
TEST_F(SqliteStore, RefusesAnUnknownFormatAndChangesNothing) {
  { const auto store = open(); }
  for (const char* const version : {"0", "2", "99"}) {
    {
      RawDatabase raw(directory_.file());
      raw.execute(std::string("PRAGMA user_version = ") + version);
    }
    const std::string before = contents_of(directory_.file());
    EXPECT_NE(refusal(directory_.file()).find("format"), std::string::npos);
    EXPECT_EQ(contents_of(directory_.file()), before);
  }
}

TEST_F(SqliteStore, ReportsADamagedRowWithoutItsContent) {
  const auto store = open();
  ASSERT_TRUE(run(loop_, store->create(sample())));
  for (const char* const garbage : {"hunter2", "[]", "{\"a\":{}}", "{\"a\":1.5}", "{\"a\":null}"}) {
    RawDatabase raw(directory_.file());
    ASSERT_EQ(raw.execute(std::string("UPDATE records SET attributes = '") + garbage + "'"),
              SQLITE_OK);
    const auto found = run(loop_, store->get("GRANT#a"));
    EXPECT_TRUE(failed_with(found, base::Errc::internal)) << garbage;
    EXPECT_EQ(found.error().detail.find("hunter2"), std::string::npos);
    EXPECT_TRUE(failed_with(run(loop_, store->get_each({"GRANT#a"})), base::Errc::internal));
  }
  EXPECT_TRUE(run(loop_, store->create(sample("GRANT#b"))));
  EXPECT_TRUE(run(loop_, store->get("GRANT#b")));
}

TEST_F(SqliteStore, RemovedTextsLeaveTheFile) {
  const std::string canary = "CANARY-THAT-NOBODY-ELSE-WRITES";
  {
    const auto store = open();
    Record record = sample();
    record.attributes["encryptedData"] = canary;
    ASSERT_TRUE(run(loop_, store->create(record)));
    ASSERT_TRUE(run(loop_, store->remove(record.key, 1)));
  }
  EXPECT_EQ(contents_of(directory_.file()).find(canary), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_.file() + "-wal"));
}

// SQ-08
TEST_F(SqliteStore, TwoStoresOnOneFileSeeEachOther) {
  const auto first = open();
  const auto second = open();
  ASSERT_TRUE(run(loop_, first->create(sample())));
  EXPECT_TRUE(failed_with(run(loop_, second->create(sample())), base::Errc::conflict));
  ASSERT_TRUE(run(loop_, second->replace(successor_of(sample()))));
  const auto seen = run(loop_, first->get("GRANT#a"));
  ASSERT_TRUE(seen);
  EXPECT_EQ((*seen)->generation, 2u);
  EXPECT_TRUE(
      failed_with(run(loop_, first->replace(successor_of(sample()))), base::Errc::conflict));
}

// SQ-08
TEST_F(SqliteStore, NoUpdateIsLostBetweenTwoStores) {
  const auto first = open();
  const auto second = open();
  ASSERT_TRUE(run(loop_, first->create(sample())));
  std::vector<base::Task<void>> counters;
  for (int i = 0; i < 10; ++i) {
    counters.push_back(count_up(*first, "GRANT#a"));
    counters.push_back(count_up(*second, "GRANT#a"));
  }
  for (const auto& result : run_all(loop_, std::move(counters))) EXPECT_TRUE(result);
  EXPECT_EQ((*run(loop_, first->get("GRANT#a")))->number("count"), 20);
}

// SQ-08: whichever process comes first makes the tables.
TEST_F(SqliteStore, ManyProcessesMayCreateTheFileAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = SqliteRecordStore::open(directory_.file(), clock_);
      bool ok = bool(opened);
      if (ok) ok = bool(run(loop_, (*opened)->create(sample("GRANT#" + std::to_string(i)))));
      _exit(ok ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto store = open();
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(run(loop_, store->get("GRANT#" + std::to_string(i))));
}

// SQ-08
TEST_F(SqliteStore, NoUpdateIsLostBetweenTwoProcesses) {
  ASSERT_TRUE(run(loop_, open()->create(sample())));
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = open();
      bool ok = true;
      for (int update = 0; update < 50; ++update) {
        ok = ok && run(loop_, count_up(*store, "GRANT#a"));
      }
      _exit(ok ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto counted = run(loop_, open()->get("GRANT#a"));
  ASSERT_TRUE(counted);
  EXPECT_EQ((*counted)->number("count"), 100);
  EXPECT_EQ((*counted)->generation, 101u);
}

// SQ-09
TEST_F(SqliteStore, AForeignLockIsWaitedForOnlySoLong) {
  const auto store = open();
  ASSERT_TRUE(run(loop_, store->create(sample())));
  RawDatabase foreign(directory_.file());
  ASSERT_EQ(foreign.execute("BEGIN EXCLUSIVE"), SQLITE_OK);
  std::vector<base::Task<void>> writes;
  for (int i = 0; i < 5; ++i) writes.push_back(store->create(sample("GRANT#" + std::to_string(i))));
  for (const auto& result : run_all(loop_, std::move(writes))) {
    EXPECT_TRUE(failed_with(result, base::Errc::unavailable));
  }
  EXPECT_TRUE(run(loop_, store->get("GRANT#a")));
  ASSERT_EQ(foreign.execute("COMMIT"), SQLITE_OK);
  EXPECT_TRUE(run(loop_, store->create(sample("GRANT#0"))));
}

TEST_F(SqliteStore, QueuedWritesAreWrittenBeforeItCloses) {
  std::vector<std::string> acknowledged;
  {
    const auto store = open();
    for (int i = 0; i < 300; ++i) {
      std::string key = "GRANT#" + std::to_string(i);
      boost::asio::co_spawn(loop_, store->create(sample(key)),
                            [&acknowledged, key](std::exception_ptr, base::Result<void> written) {
                              if (written) acknowledged.push_back(key);
                            });
    }
    loop_.restart();
    loop_.poll();
  }
  loop_.restart();
  loop_.run();
  EXPECT_EQ(acknowledged.size(), 300u);
  const auto store = open();
  for (const std::string& key : acknowledged) EXPECT_TRUE(run(loop_, store->get(key)));
}

// The last to start: the first group waits for the lock meanwhile, and the queue fills.
base::Task<void> give_back_lock(RawDatabase& foreign) {
  foreign.execute("COMMIT");
  co_return base::Error{base::Errc::internal, "no write"};
}

TEST_F(SqliteStore, RefusesWritesBeyondItsQueue) {
  const auto store = open();
  RawDatabase foreign(directory_.file());
  ASSERT_EQ(foreign.execute("BEGIN IMMEDIATE"), SQLITE_OK);
  std::vector<base::Task<void>> writes;
  for (int i = 0; i < 10'500; ++i) writes.push_back(store->create(sample()));
  writes.push_back(give_back_lock(foreign));
  int created = 0;
  int refused = 0;
  for (const auto& result : run_all(loop_, std::move(writes))) {
    created += result ? 1 : 0;
    refused += !result && result.error().code == base::Errc::unavailable ? 1 : 0;
  }
  EXPECT_EQ(created, 1);
  EXPECT_GE(refused, 300);  // 10,500 less the queue and one group
}

void add_expired_rows(const std::string& path, int rows) {
  RawDatabase raw(path);
  raw.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
              std::to_string(rows) +
              ") INSERT INTO records (sessionId, ttl, version, gen, wid, attributes)"
              " SELECT 'OLD#' || i, 1000 + i, 1, 1, 'w', '{}' FROM n");
}

// SQ-13
TEST_F(SqliteStore, SweepsTheOldestRowsFirstAndNotTooMany) {
  const auto store = open();
  add_expired_rows(directory_.file(), 5000);
  ASSERT_TRUE(run(loop_, store->create(sample())));
  EXPECT_EQ(*run(loop_, store->remove_expired(1700)), 1700u);
  RawDatabase raw(directory_.file());
  EXPECT_EQ(raw.query("SELECT min(ttl) FROM records"), "2701");
  EXPECT_EQ(*run(loop_, store->remove_expired(100'000)), 3300u);
  EXPECT_EQ(raw.query("SELECT count(*) FROM records"), "1");
}

base::Task<void> sweep_all(SqliteRecordStore& store, bool& done) {
  const auto removed = co_await store.remove_expired(1'000'000);
  done = true;
  if (!removed) co_return removed.error();
  if (*removed != 100'000) co_return base::Error{base::Errc::internal, "rows were left"};
  co_return base::Result<void>();
}

// One write after the other until `done`; counts them.
base::Task<void> write_until(SqliteRecordStore& store, const bool& done, int& written) {
  while (!done) {
    Record record = sample_record("GRANT#" + std::to_string(written), kNow + 600);
    const auto created = co_await store.create(std::move(record));
    if (!created) co_return created.error();
    ++written;
  }
  co_return base::Result<void>();
}

// SQ-13: two hundred batches, and somebody who waits for each write before the next.
TEST_F(SqliteStore, OtherWritesPassBetweenTheBatchesOfASweep) {
  const auto store = open();
  add_expired_rows(directory_.file(), 100'000);
  bool done = false;
  int written = 0;
  std::vector<base::Task<void>> both;
  both.push_back(sweep_all(*store, done));
  both.push_back(write_until(*store, done, written));
  for (const auto& result : run_all(loop_, std::move(both))) {
    EXPECT_TRUE(result) << (result ? "" : result.error().detail);
  }
  EXPECT_GE(written, 50);
  RawDatabase raw(directory_.file());
  EXPECT_EQ(raw.query("SELECT count(*) FROM records"), std::to_string(written));
}

// Fills the file system behind `store` until a write is refused, and checks that everything
// acknowledged is there.
int fill_up(SqliteRecordStore& store, boost::asio::io_context& loop,
            const std::function<void()>& make_room) {
  std::vector<std::string> acknowledged;
  bool refused = false;
  for (int round = 0; round < 2000 && !refused; ++round) {
    std::vector<base::Task<void>> writes;
    for (int i = 0; i < 4; ++i) {
      Record record = sample_record("GRANT#" + std::to_string(round * 4 + i), kNow + 600);
      record.attributes["encryptedData"] = std::string(20'000, 'x');
      writes.push_back(store.create(std::move(record)));
    }
    const auto results = run_all(loop, std::move(writes));
    for (int i = 0; i < 4; ++i) {
      const std::string key = "GRANT#" + std::to_string(round * 4 + i);
      if (results[i]) {
        acknowledged.push_back(key);
        continue;
      }
      refused = true;
      if (results[i].error().code != base::Errc::unavailable) return 2;
      if (run(loop, store.get(key))) return 3;
    }
  }
  if (!refused) return 4;
  for (const std::string& key : acknowledged) {
    if (!run(loop, store.get(key))) return 5;
  }
  make_room();
  if (!run(loop, store.create(sample_record("GRANT#after", kNow + 600)))) return 6;
  for (const std::string& key : acknowledged) {
    if (!run(loop, store.get(key))) return 7;
  }
  return 0;
}

// SQ-04
TEST_F(SqliteStore, AFullDiskRefusesWritesAndKeepsReadsAndRecovers) {
  const std::string disk = directory_.file("disk");
  std::filesystem::create_directory(disk);
  const int code = exit_code_of([&] {
    if (unshare(CLONE_NEWNS) != 0) return 77;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) return 77;
    std::ofstream(disk + "/ballast") << std::string(1'500'000, 'x');
    auto store = SqliteRecordStore::open(disk + "/records.db", clock_);
    if (!store) return 1;
    return fill_up(**store, loop_, [&] { std::filesystem::remove(disk + "/ballast"); });
  });
  if (code == 77) GTEST_SKIP() << "no right to mount a small disk";
  EXPECT_EQ(code, 0);
}

// SQ-04: the same without rights, by a limit on the size of files.
TEST_F(SqliteStore, AFileLimitRefusesWritesAndKeepsReadsAndRecovers) {
  const int code = exit_code_of([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto store = SqliteRecordStore::open(directory_.file(), clock_);
    if (!store) return 1;
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{2'000'000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    return fill_up(**store, loop_, [&before] { setrlimit(RLIMIT_FSIZE, &before); });
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace gatehouse::store
