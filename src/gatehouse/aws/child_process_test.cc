// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "gatehouse/aws/process_credentials.h"
#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

base::Result<base::Secret> run(const std::vector<std::string>& words,
                               ProgramLimits limits = ProgramLimits()) {
  boost::asio::io_context loop{1};
  return http::await_for_test(loop, run_program(words, limits));
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

base::Coroutine<void> run_into(std::vector<std::string> words,
                               std::optional<base::Result<base::Secret>>& result) {
  auto output = co_await run_program(words, ProgramLimits());
  result.emplace(std::move(output));
}

TEST(ChildProcess, EndsWithTheCoroutineThatWaitsForIt) {
  std::optional<base::Result<base::Secret>> result;
  {
    boost::asio::io_context loop{1};
    boost::asio::co_spawn(loop, run_into({"sleep", "600"}, result), [](std::exception_ptr) {});
    loop.poll();
  }
  EXPECT_FALSE(result) << "and the test did not wait ten minutes";
}

// ---- credential_process

base::Result<Credentials> credentials_of(const std::string& command) {
  SourceBench bench;
  const auto source = process_credentials(command, "reports");
  return bench.fetch(*source);
}

TEST(ProcessCredentials, ReadsVersion1) {
  const auto credentials = credentials_of(
      R"(echo '{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s3cret","SessionToken":"tok","Expiration":"2026-11-24T05:00:00Z"}')");
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->access_key_id, "AKIA1");
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s3cret");
  EXPECT_EQ(credentials->session_token.reveal(), "tok");
  EXPECT_EQ(credentials->expires, base::from_epoch_seconds(1'795'496'400));
  EXPECT_EQ(credentials->source, "credential_process of profile reports");
}

TEST(ProcessCredentials, TakesLongLivedKeys) {
  const auto credentials =
      credentials_of(R"(echo '{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s"}')");
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->expires, std::nullopt);
  EXPECT_TRUE(credentials->session_token.empty());
}

TEST(ProcessCredentials, SaysWhatIsWrong) {
  const struct {
    const char* command;
    const char* detail;
  } rows[] = {
      {"echo nothing", "no JSON object"},
      {"echo '[1]'", "no JSON object"},
      {R"(echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}')", "\"Version\": 1"},
      {R"(echo '{"Version":1,"SecretAccessKey":"s3cret"}')", "AccessKeyId is missing"},
      {R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3 cret"}')",
       "the secret access key holds spaces"},
      {R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3cret","Expiration":"soon"}')",
       "Expiration is no timestamp"},
      {"echo 'open", "a quote stays open"},
      {"false", "failed (exit status 1)"}};
  for (const auto& row : rows) {
    const auto credentials = credentials_of(row.command);
    ASSERT_FALSE(credentials) << row.command;
    EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
    EXPECT_THAT(credentials.error().detail, HasSubstr("credential_process of profile reports"));
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
    EXPECT_THAT(credentials.error().detail, Not(HasSubstr("cret\""))) << "no secret in an error";
  }
}

}  // namespace
}  // namespace gatehouse::aws
