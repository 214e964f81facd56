// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"

namespace gatehouse::base {

struct ProgramLimits {
  ProgramLimits() {}
  std::chrono::milliseconds time{30'000};
  std::size_t output_bytes_max = 64 * 1024;
};

// What a program that reads hostile bytes may have of this machine. It has these limits before the
// first byte reaches it; files it cannot write at all, and it starts no other program.
struct ProgramCage {
  ProgramCage() {}
  std::chrono::seconds processor_time{10};
  std::size_t memory_bytes_max = 512 * 1024 * 1024;  // of address space
};

// Runs a program, found by PATH, without a shell, and gives what it wrote to stdout. Its stdin and
// stderr are /dev/null; it sees our environment and no other descriptors. The loop goes on
// meanwhile; cancelling the awaiting coroutine ends the program. Errc::invalid_argument: it cannot
// be started, failed, or said too much; Errc::timeout: it took too long and was ended.
Task<Secret> run_program(const std::vector<std::string>& words, ProgramLimits limits);

struct ProgramOutput {
  Secret text;
  bool cut = false;  // it wanted to say more than `output_bytes_max`, and was ended
};

// The same for a program that converts `input`, given to it as stdin; the bytes stay where they are
// until the end. It sees an environment of nothing but PATH and a UTF-8 locale. Errc::denied: this
// machine does not let it be started or confined, so it saw nothing of the input; the detail says
// what an operator can do.
Task<ProgramOutput> run_caged_program(const std::vector<std::string>& words, std::string_view input,
                                      ProgramLimits limits, ProgramCage cage);

// Where PATH leads for that name; nullopt when there is no such program.
std::optional<std::string> find_program(std::string_view name);

}  // namespace gatehouse::base
