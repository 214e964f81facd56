// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/base/take_until.h"

namespace gatehouse::base {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using LocalSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::chrono::milliseconds kExitPoll{5};
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr rlim_t kCagedDescriptors = 64;

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

  // False when one of the limits cannot be set; the program must then see nothing.
  bool confine(const ProgramCage& cage) const {
    const std::pair<__rlimit_resource, rlim_t> limits[] = {
        {RLIMIT_CPU, static_cast<rlim_t>(cage.processor_time.count())},
        {RLIMIT_AS, cage.memory_bytes_max},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_NPROC, 0},
        {RLIMIT_NOFILE, kCagedDescriptors},
        {RLIMIT_CORE, 0}};
    return std::all_of(std::begin(limits), std::end(limits), [this](const auto& limit) {
      const rlimit both{limit.second, limit.second};
      return ::prlimit(pid_, limit.first, &both, nullptr) == 0;
    });
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

// `input` is a descriptor of ours, or -1 for /dev/null.
class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    posix_spawn_file_actions_init(&files_);
    if (input < 0) {
      posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    }
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

std::vector<char*> as_pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string_view search_path() {
  const char* const path = std::getenv("PATH");
  return path == nullptr ? "/usr/bin:/bin" : path;
}

Result<pid_t> spawn(const std::vector<std::string>& words, const SpawnSettings& settings,
                    char* const* environment) {
  const std::vector<char*> arguments = as_pointers(words);
  pid_t pid = 0;
  const int outcome = posix_spawnp(&pid, arguments[0], settings.files(), settings.attributes(),
                                   arguments.data(), environment);
  if (outcome == 0) return pid;
  return Error{Errc::invalid_argument, words[0] + " cannot be started: " + std::strerror(outcome)};
}

// The reading end of the program's stdout with the moment at which reading stops.
struct Output {
  Output(const Executor& executor, int pipe) : descriptor(executor, pipe), limit(executor) {}
  Descriptor descriptor;
  Timer limit;
};

void stop_reading_at_limit(const std::shared_ptr<Output>& output) {
  output->limit.async_wait([output](boost::system::error_code failure) {
    boost::system::error_code ignored;
    if (!failure) output->descriptor.cancel(ignored);
  });
}

// Our end of the program's stdin. A socket rather than a pipe: writing to one whose reader has gone
// raises no signal.
class Input : public std::enable_shared_from_this<Input> {
 public:
  Input(const Executor& executor, int socket, std::string_view bytes)
      : socket_(executor, asio::local::stream_protocol(), socket), rest_(bytes) {}

  void write() {
    if (rest_.empty()) return stop();
    const auto written = [self = shared_from_this()](boost::system::error_code failure,
                                                     std::size_t size) {
      if (failure) return self->stop();
      self->rest_.remove_prefix(std::min(self->rest_.size(), size));
      self->write();
    };
    socket_.async_write_some(asio::buffer(rest_.data(), rest_.size()), written);
  }

  // From here on nobody looks at the bytes.
  void stop() {
    rest_ = {};
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  LocalSocket socket_;
  std::string_view rest_;
};

// Stops the writing whichever way the reading ends.
class InputInUse {
 public:
  explicit InputInUse(std::shared_ptr<Input> input) : input_(std::move(input)) {}
  ~InputInUse() { input_->stop(); }
  InputInUse(const InputInUse&) = delete;
  InputInUse& operator=(const InputInUse&) = delete;

 private:
  std::shared_ptr<Input> input_;
};

Task<ProgramOutput> read_all(Output& output, std::size_t bytes_max) {
  ProgramOutput all;
  while (true) {
    const std::size_t size = all.text.size();
    if (size > bytes_max) {
      all.text.resize(bytes_max);
      all.cut = true;
      co_return std::move(all);
    }
    all.text.reserve(std::min(std::max(size + kReadBytes, 2 * size), bytes_max + 1));
    all.text.resize(std::min(size + kReadBytes, bytes_max + 1));
    const auto room = all.text.writable().subspan(size);
    boost::system::error_code failure;
    auto token = asio::redirect_error(kAwait, failure);
    const auto buffer = asio::buffer(room.data(), room.size());
    auto got = co_await output.descriptor.async_read_some(buffer, token);
    all.text.resize(size + got);
    if (failure == asio::error::eof) co_return std::move(all);
    if (failure == asio::error::operation_aborted) co_return Error{Errc::timeout, ""};
    if (failure) co_return Error{Errc::unavailable, "its output broke off"};
  }
}

// Some time passes between the end of the output and that of the program.
Task<int> exit_status(Child& child, SteadyClock::time_point deadline) {
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

// Reads what the child says until it ends by itself, takes too long or says too much.
Task<ProgramOutput> listen_to(Child& child, int pipe, const std::string& program,
                              const ProgramLimits& limits) {
  const auto executor = co_await asio::this_coro::executor;
  const auto output = std::make_shared<Output>(executor, pipe);
  const auto deadline = SteadyClock::now() + limits.time;
  output->limit.expires_at(deadline);
  stop_reading_at_limit(output);
  auto said = co_await read_all(*output, limits.output_bytes_max);
  output->limit.cancel();
  if (!said) co_return failure_of(program, limits, said.error());
  if (said->cut) co_return std::move(*said);
  auto status = co_await exit_status(child, deadline);
  if (!status) co_return failure_of(program, limits, status.error());
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    const std::string how = WIFEXITED(*status)
                                ? "exit status " + std::to_string(WEXITSTATUS(*status))
                                : "signal " + std::to_string(WTERMSIG(*status));
    co_return Error{Errc::invalid_argument,
                    program + " failed (" + how + "); run it by hand to see why"};
  }
  co_return std::move(*said);
}

Error no_descriptor(const char* what) {
  return Error{Errc::unavailable, std::string(what) + ": " + std::strerror(errno)};
}

Error not_confined(const std::string& program, const ProgramCage& cage) {
  const std::size_t megabytes = cage.memory_bytes_max / (1024 * 1024);
  return Error{Errc::denied, program + " cannot be confined: " + std::strerror(errno) +
                                 "; allow the system call prlimit64, and hard limits (ulimit -H) "
                                 "of at least " +
                                 std::to_string(kCagedDescriptors) + " files and " +
                                 std::to_string(megabytes) + " MB of addresses"};
}

}  // namespace

Task<Secret> run_program(const std::vector<std::string>& words, ProgramLimits limits) {
  if (words.empty()) co_return Error{Errc::invalid_argument, "the command is empty"};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return no_descriptor("no pipe");
  const SpawnSettings settings(-1, ends[1]);
  const auto pid = spawn(words, settings, environ);
  ::close(ends[1]);
  if (!pid) {
    ::close(ends[0]);
    co_return pid.error();
  }
  Child child(*pid);
  auto said = co_await listen_to(child, ends[0], words[0], limits);
  if (!said) co_return said.error();
  if (said->cut) {
    co_return Error{Errc::invalid_argument, words[0] + ": it wrote more than " +
                                                std::to_string(limits.output_bytes_max) + " bytes"};
  }
  co_return std::move(said->text);
}

Task<ProgramOutput> run_caged_program(const std::vector<std::string>& words, std::string_view input,
                                      ProgramLimits limits, ProgramCage cage) {
  if (words.empty()) co_return Error{Errc::invalid_argument, "the command is empty"};
  const auto executor = co_await asio::this_coro::executor;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return no_descriptor("no pipe");
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    const Error error = no_descriptor("no socket");
    ::close(ends[0]);
    ::close(ends[1]);
    co_return error;
  }
  const std::vector<std::string> environment{"PATH=" + std::string(search_path()),
                                             "LC_ALL=C.UTF-8"};
  const std::vector<char*> variables = as_pointers(environment);
  const SpawnSettings settings(sockets[1], ends[1]);
  const auto pid = spawn(words, settings, variables.data());
  ::close(ends[1]);
  ::close(sockets[1]);
  const auto writer = std::make_shared<Input>(executor, sockets[0], input);
  if (!pid) {
    ::close(ends[0]);
    co_return Error{Errc::denied, pid.error().detail};
  }
  Child child(*pid);
  if (!child.confine(cage)) {
    const Error error = not_confined(words[0], cage);
    ::close(ends[0]);
    co_return error;
  }
  const InputInUse in_use(writer);
  writer->write();
  auto said = co_await listen_to(child, ends[0], words[0], limits);
  co_return std::move(said);
}

std::optional<std::string> find_program(std::string_view name) {
  std::string_view rest = search_path();
  while (!rest.empty()) {
    const std::string path = std::string(take_until(rest, ':')) + "/" + std::string(name);
    struct stat found {};
    const bool is_file = ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
    if (is_file && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

}  // namespace gatehouse::base
