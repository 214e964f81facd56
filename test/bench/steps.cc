// SPDX-License-Identifier: Apache-2.0
//
// Counts what a server executes for one answer, also where there are no performance counters:
// takes its main thread through every instruction while requests come in, and reports in JSON the
// instructions between two answers and the system calls per answer. Every step is a stop, so hardly
// an answer passes within a second, and what is done once a second falls into most: the figure is
// the lowest of those that several answers share. Needs the right to trace the process (root), and
// x86-64.
//
//   steps PID ANSWERS
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "steps: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

class Traced {
 public:
  explicit Traced(pid_t process) : process_(process) {
    if (ptrace(PTRACE_ATTACH, process_, nullptr, nullptr) != 0) fail("attach");
    wait();
  }
  ~Traced() { ptrace(PTRACE_DETACH, process_, nullptr, nullptr); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  // Executes one instruction. The number of the system call if it was one, else -1.
  long step() {
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, process_, nullptr, &registers) != 0) fail("registers");
    const bool calls = is_system_call(registers.rip);
    if (ptrace(PTRACE_SINGLESTEP, process_, nullptr, nullptr) != 0) fail("step");
    wait();
    return calls ? static_cast<long>(registers.rax) : -1;
  }

 private:
  void wait() {
    int status = 0;
    if (waitpid(process_, &status, __WALL) != process_ || !WIFSTOPPED(status)) fail("wait");
  }

  bool is_system_call(unsigned long long address) {
    const auto known = is_call_.find(address);
    if (known != is_call_.end()) return known->second;
    constexpr long kSyscall = 0x050f;
    const long word =
        ptrace(PTRACE_PEEKTEXT, process_, reinterpret_cast<void*>(address), nullptr) & 0xffff;
    return is_call_[address] = word == kSyscall;
  }

  const pid_t process_;
  std::unordered_map<unsigned long long, bool> is_call_;
};

bool answers(long call) { return call == SYS_sendto || call == SYS_sendmsg || call == SYS_write; }

// The lowest cost of which there are several, alike but for what counts a few loops more or less.
std::size_t usual_least(std::vector<std::size_t> costs) {
  constexpr std::size_t kSeveral = 3;
  constexpr std::size_t kAlike = 32;
  std::sort(costs.begin(), costs.end());
  for (std::size_t i = 0; i + kSeveral <= costs.size(); ++i) {
    if (costs[i + kSeveral - 1] - costs[i] <= kAlike) return costs[i];
  }
  return costs.back();
}

}  // namespace

int main(int argc, char** argv) {
  const auto wanted = argc == 3 ? static_cast<std::size_t>(std::atoll(argv[2])) : 0;
  if (wanted == 0) {
    std::fprintf(stderr, "usage: steps PID ANSWERS\n");
    return 2;
  }
  std::vector<std::size_t> costs;
  std::map<long, std::size_t> calls;
  {
    Traced server(std::atoi(argv[1]));
    while (!answers(server.step())) {
    }
    for (std::size_t steps = 1; costs.size() < wanted; ++steps) {
      const long call = server.step();
      if (call >= 0) ++calls[call];
      if (!answers(call)) continue;
      costs.push_back(steps);
      steps = 0;
    }
  }
  std::printf("{\"instructions\":%zu,\"calls\":{", usual_least(costs));
  const char* comma = "";
  for (const auto& [number, count] : calls) {
    std::printf("%s\"%ld\":%.2f", comma, number,
                static_cast<double>(count) / static_cast<double>(wanted));
    comma = ",";
  }
  std::printf("}}\n");
  return 0;
}
