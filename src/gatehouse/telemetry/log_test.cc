// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/telemetry/console_log.h"

namespace gatehouse::telemetry {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "the last line is cut";
      break;
    }
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(ConsoleLog, WritesJsonLinesWhenStdoutIsNoTerminal) {
  testing::internal::CaptureStdout();
  {
    const auto log = make_console_log(Level::info);
    log->info("listening", {{Field::peer, "127.0.0.1:1"}});
    log->error("lost", {{Field::count, 2}});
  }
  const auto lines = lines_of(testing::internal::GetCapturedStdout());
  ASSERT_EQ(lines.size(), 2u);
  const auto first = base::JsonDocument::parse(lines[0]);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->root().find_string("event"), "listening");
  EXPECT_EQ(first->root().find_string("peer"), "127.0.0.1:1");
  const auto second = base::JsonDocument::parse(lines[1]);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->root().find_string("level"), "error");
  EXPECT_EQ(second->root().find_integer("count"), 2);
}

TEST(ConsoleLog, AuditIsWrittenAtEveryLevelAndChained) {
  const auto length = [](std::string_view text) { return "d" + std::to_string(text.size()); };
  testing::internal::CaptureStdout();
  {
    const auto log = open_console_log(Level::error);
    EXPECT_FALSE(log->audit_head());
    log->audit("before");
    log->begin_audit("c1", length);
    log->info("not now");
    log->audit("read", {{Field::tool, "t"}});
    log->write_document("{\"_aws\":1}");
    EXPECT_EQ(log->audit_head()->seq, 1U);
    log->end_audit();
    EXPECT_FALSE(log->audit_head());
  }
  const auto lines = lines_of(testing::internal::GetCapturedStdout());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0].find("chain"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("event":"audit_start","chain":"c1","seq":0,"prev":""})"),
            std::string::npos);
  EXPECT_TRUE(lines[2].ends_with(R"("event":"read","tool":"t","chain":"c1","seq":1,"prev":"d)" +
                                 std::to_string(lines[1].size()) + R"("})"))
      << lines[2];
  EXPECT_EQ(lines[3], "{\"_aws\":1}");
  EXPECT_TRUE(
      lines[4].ends_with(R"("seq":2,"prev":"d)" + std::to_string(lines[2].size()) + R"("})"))
      << lines[4];
}

TEST(ConsoleLog, WritesNothingBelowItsLevel) {
  testing::internal::CaptureStdout();
  {
    const auto log = make_console_log(Level::warn);
    EXPECT_FALSE(log->enabled(Level::debug));
    EXPECT_FALSE(log->enabled(Level::info));
    EXPECT_TRUE(log->enabled(Level::warn));
    log->debug("no");
    log->info("no");
    log->warn("yes");
  }
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(text.find("no\""), std::string::npos);
  EXPECT_EQ(lines_of(text).size(), 1u);
}

TEST(ConsoleLog, TellsWarningsAtOnce) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int saved = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  const auto log = make_console_log(Level::info);
  log->info("before");
  log->info("gathered");
  log->warn("now");
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(ends[1]);
  // Everything is in the pipe although the log lives, so this meets the end of the stream and not a
  // wait.
  std::string text(4096, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0; size += static_cast<std::size_t>(got)) {
    got = read(ends[0], text.data() + size, text.size() - size);
    ASSERT_GE(got, 0);
  }
  close(ends[0]);
  text.resize(size);
  EXPECT_EQ(lines_of(text).size(), 3u);
}

TEST(ConsoleLog, KeepsLinesWholeAcrossThreads) {
  testing::internal::CaptureStdout();
  {
    const auto log = make_console_log(Level::info);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log, t] {
        const std::string detail(200, static_cast<char>('a' + t));
        for (int i = 0; i < 500; ++i)
          log->info("line", {{Field::detail, detail}, {Field::count, i}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = lines_of(testing::internal::GetCapturedStdout());
  EXPECT_EQ(lines.size(), 2000u);
  for (const std::string& line : lines) EXPECT_TRUE(base::JsonDocument::parse(line)) << line;
}

TEST(ConsoleLog, SurvivesAReaderThatIsGone) {
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int saved = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  close(ends[1]);
  {
    const auto log = make_console_log(Level::info);
    for (int i = 0; i < 1000; ++i) log->warn("nobody reads this");
  }
  dup2(saved, STDOUT_FILENO);
  close(saved);
  std::signal(SIGPIPE, previous);
}

TEST(MemoryLog, KeepsWhatWasWritten) {
  MemoryLog log;
  log.debug("first");
  log.info("second", {{Field::user, "0123456789ab"}});
  const auto lines = lines_of(log.text());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find(R"("level":"debug","event":"first"})"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("user":"0123456789ab"})"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::telemetry
