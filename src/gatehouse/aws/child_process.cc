// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace gatehouse::aws {
namespace {

namespace asio = boost::asio;
using base::Errc;
using base::Error;
using SteadyClock = std::chrono::steady_clock;
using Timer =
    asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, base::Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<base::Executor>;

constexpr asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::chrono::milliseconds kExitPoll{5};

// A program that runs, in a process group of its own; releasing it ends the group.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  }

  // The wait status once it has ended.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
};

class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

base::Result<pid_t> spawn(const std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const SpawnSettings settings(output);
  pid_t pid = 0;
  const int outcome = posix_spawnp(&pid, arguments[0], settings.files(), settings.attributes(),
                                   arguments.data(), environ);
  if (outcome == 0) return pid;
  return Error{Errc::invalid_argument, words[0] + " cannot be started: " + std::strerror(outcome)};
}

// The reading end of the program's stdout with the moment at which reading stops.
struct Output {
  Output(const base::Executor& executor, int pipe) : descriptor(executor, pipe), limit(executor) {}
  Descriptor descriptor;
  Timer limit;
};

void stop_reading_at_limit(const std::shared_ptr<Output>& output) {
  output->limit.async_wait([output](boost::system::error_code failure) {
    boost::system::error_code ignored;
    if (!failure) output->descriptor.cancel(ignored);
  });
}

base::Task<base::Secret> read_all(Output& output, std::size_t bytes_max) {
  base::Secret text;
  while (true) {
    const std::size_t size = text.size();
    if (size > bytes_max) {
      co_return Error{Errc::invalid_argument, "it wrote more than a credentials document holds"};
    }
    text.resize(bytes_max + 1);
    const auto room = text.writable().subspan(size);
    boost::system::error_code failure;
    auto token = asio::redirect_error(kAwait, failure);
    const auto buffer = asio::buffer(room.data(), room.size());
    auto got = co_await output.descriptor.async_read_some(buffer, token);
    text.resize(size + got);
    if (failure == asio::error::eof) co_return text;
    if (failure == asio::error::operation_aborted) co_return Error{Errc::timeout, ""};
    if (failure) co_return Error{Errc::unavailable, "its output broke off"};
  }
}

// Some time passes between the end of the output and that of the program.
base::Task<int> exit_status(Child& child, SteadyClock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  while (true) {
    const std::optional<int> status = child.ended();
    if (status) co_return *status;
    if (SteadyClock::now() >= deadline) co_return Error{Errc::timeout, ""};
    Timer timer(executor, kExitPoll);
    co_await timer.async_wait(kAwait);
  }
}

Error failure_of(const std::string& program, const ProgramLimits& limits, const Error& error) {
  if (error.code != Errc::timeout) return Error{error.code, program + ": " + error.detail};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits.time).count();
  return Error{Errc::timeout,
               program + " took longer than " + std::to_string(seconds) + " s and was ended"};
}

}  // namespace

base::Task<base::Secret> run_program(const std::vector<std::string>& words, ProgramLimits limits) {
  if (words.empty()) co_return Error{Errc::invalid_argument, "the command is empty"};
  const auto executor = co_await asio::this_coro::executor;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    co_return Error{Errc::unavailable, std::string("no pipe: ") + std::strerror(errno)};
  }
  const auto output = std::make_shared<Output>(executor, ends[0]);
  const auto pid = spawn(words, ends[1]);
  ::close(ends[1]);
  if (!pid) co_return pid.error();

  Child child(*pid);
  const auto deadline = SteadyClock::now() + limits.time;
  output->limit.expires_at(deadline);
  stop_reading_at_limit(output);
  auto text = co_await read_all(*output, limits.output_bytes_max);
  output->limit.cancel();
  if (!text) co_return failure_of(words[0], limits, text.error());
  auto status = co_await exit_status(child, deadline);
  if (!status) co_return failure_of(words[0], limits, status.error());
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    const std::string how = WIFEXITED(*status)
                                ? "exit status " + std::to_string(WEXITSTATUS(*status))
                                : "signal " + std::to_string(WTERMSIG(*status));
    co_return Error{Errc::invalid_argument,
                    words[0] + " failed (" + how + "); run it by hand to see why"};
  }
  co_return std::move(*text);
}

}  // namespace gatehouse::aws
