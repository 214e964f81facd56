// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <optional>
#include <string>

namespace gatehouse::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class T>
Coroutine<void> keep(Task<T> work, std::optional<Result<T>>& result) {
  auto outcome = co_await std::move(work);
  result.emplace(std::move(outcome));
}

template <class T>
Result<T> outcome_of(Task<T> work) {
  boost::asio::io_context loop{1};
  std::optional<Result<T>> result;
  boost::asio::co_spawn(loop, keep(std::move(work), result), [](std::exception_ptr) {});
  loop.run();
  return *std::move(result);
}

Result<Secret> run(const std::vector<std::string>& words, ProgramLimits limits = ProgramLimits()) {
  return outcome_of(run_program(words, limits));
}

TEST(ChildProcess, GivesWhatTheProgramWrites) {
  const auto output = run({"printf", "%s", "a b;$HOME\n"});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->reveal(), "a b;$HOME\n") << "no shell has read the words";
}

TEST(ChildProcess, DoesNotSeeOurDescriptorsOrStdin) {
  const auto output = run({"sh", "-c", "cat; ls /proc/self/fd | wc -l; echo noise >&2"});
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->reveal(), "4\n") << "stdin, stdout, stderr and the directory that ls reads";
}

TEST(ChildProcess, SaysWhyThereIsNoOutput) {
  const struct {
    std::vector<std::string> words;
    const char* detail;
  } rows[] = {{{"gatehouse-no-such-program"}, "cannot be started: No such file"},
              {{"sh", "-c", "exit 3"}, "failed (exit status 3)"},
              {{"sh", "-c", "kill -9 $$"}, "failed (signal 9)"},
              {{"head", "-c", "70000", "/dev/zero"}, "wrote more than"},
              {{}, "empty"}};
  for (const auto& row : rows) {
    const auto output = run(row.words);
    ASSERT_FALSE(output) << row.detail;
    EXPECT_EQ(output.error().code, Errc::invalid_argument);
    EXPECT_THAT(output.error().detail, HasSubstr(row.detail));
  }
}

TEST(ChildProcess, EndsAProgramThatTakesTooLong) {
  ProgramLimits limits;
  limits.time = std::chrono::milliseconds(100);
  for (const char* script : {"sleep 600", "exec >&-; sleep 600", "sleep 600 & exit 0"}) {
    const auto output = run({"sh", "-c", script}, limits);
    ASSERT_FALSE(output) << script;
    EXPECT_EQ(output.error().code, Errc::timeout) << script;
    EXPECT_THAT(output.error().detail, HasSubstr("took longer than")) << script;
  }
}

Coroutine<void> run_into(std::vector<std::string> words, std::optional<Result<Secret>>& result) {
  auto output = co_await run_program(words, ProgramLimits());
  result.emplace(std::move(output));
}

TEST(ChildProcess, EndsWithTheCoroutineThatWaitsForIt) {
  std::optional<Result<Secret>> result;
  {
    boost::asio::io_context loop{1};
    boost::asio::co_spawn(loop, run_into({"sleep", "600"}, result), [](std::exception_ptr) {});
    loop.poll();
  }
  EXPECT_FALSE(result) << "and the test did not wait ten minutes";
}

// ---- programs that read hostile bytes

Result<ProgramOutput> convert(const std::vector<std::string>& words, std::string_view input,
                              ProgramLimits limits = ProgramLimits(),
                              ProgramCage cage = ProgramCage()) {
  return outcome_of(run_caged_program(words, input, limits, cage));
}

TEST(CagedProgram, ConvertsMoreThanPipesHold) {
  std::string input;
  for (int i = 0; i < 400'000; ++i) input += "line " + std::to_string(i) + "\n";
  ProgramLimits limits;
  limits.output_bytes_max = input.size();
  const auto output = convert({"cat"}, input, limits);
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_FALSE(output->cut);
  EXPECT_TRUE(output->text.reveal() == input);
}

TEST(CagedProgram, MayLeaveItsInputUnread) {
  const auto output = convert({"head", "-c", "3"}, std::string(3'000'000, 'x'));
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->text.reveal(), "xxx");
  const auto failed = convert({"false"}, std::string(3'000'000, 'x'));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().detail, HasSubstr("exit status 1"));
}

TEST(CagedProgram, IsEndedWhenItSaysTooMuch) {
  ProgramLimits limits;
  limits.output_bytes_max = 100'000;
  const auto output = convert({"cat", "/dev/zero"}, "", limits);
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_TRUE(output->cut);
  EXPECT_EQ(output->text.size(), 100'000u);
}

TEST(CagedProgram, IsEndedWhenItTakesTooLong) {
  ProgramLimits limits;
  limits.time = std::chrono::milliseconds(100);
  const auto output = convert({"sleep", "600"}, std::string(3'000'000, 'x'), limits);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::timeout);
}

TEST(CagedProgram, HasNeitherOurEnvironmentNorOurLimits) {
  ::setenv("GATEHOUSE_TEST_SECRET", "canary", 1);
  const auto seen = convert({"sh"}, "set\nfor what in f c p n t v; do ulimit -$what; done\n");
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_THAT(std::string(seen->text.reveal()), HasSubstr("PATH="));
  EXPECT_THAT(std::string(seen->text.reveal()), Not(HasSubstr("canary")));
  EXPECT_THAT(std::string(seen->text.reveal()), HasSubstr("\n0\n0\n0\n64\n10\n524288\n"));
}

TEST(CagedProgram, WritesNoFile) {
  const std::string file = ::testing::TempDir() + "gatehouse-caged";
  const auto wrote = convert({"sh"}, "echo x > " + file + "\n");
  EXPECT_FALSE(wrote) << "SIGXFSZ ends it";
  ::unlink(file.c_str());
}

TEST(CagedProgram, IsEndedByItsShareOfTheProcessor) {
  ProgramCage cage;
  cage.processor_time = std::chrono::seconds(1);
  const auto output = convert({"sh"}, "while :; do :; done\n", ProgramLimits(), cage);
  ASSERT_FALSE(output);
  EXPECT_THAT(output.error().detail, HasSubstr("failed (signal"));
}

TEST(CagedProgram, MustExist) {
  const auto output = convert({"gatehouse-no-such-program"}, "x");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::denied);
  EXPECT_THAT(output.error().detail, HasSubstr("cannot be started: No such file"));
}

// Takes from this process, which a test must have forked, what the cage needs: room for it below
// our own hard limits, and the right to raise them.
void give_up_room_for_a_cage() {
  const rlimit few{60, 60};
  ::setrlimit(RLIMIT_NOFILE, &few);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  ::syscall(SYS_capset, &header, none);
}

// No input reaches a program without its limits.
TEST(CagedProgram, IsNotRunWithoutItsCage) {
  const auto attempt = [] {
    give_up_room_for_a_cage();
    const auto output = convert({"cat"}, "x");
    const std::string outcome = output ? "it ran" : output.error().detail;
    const bool is_told = ::write(STDERR_FILENO, outcome.data(), outcome.size()) > 0;
    ::_exit(is_told && !output && output.error().code == Errc::denied ? 0 : 1);
  };
  EXPECT_EXIT(attempt(), ::testing::ExitedWithCode(0),
              "cat cannot be confined: Operation not permitted; .* at least 64 files");
}

TEST(FindProgram, LooksWhereTheShellWould) {
  EXPECT_THAT(find_program("sh").value_or(""), ::testing::EndsWith("/sh"));
  EXPECT_EQ(find_program("gatehouse-no-such-program"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::base
