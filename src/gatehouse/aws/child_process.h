// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"

namespace gatehouse::aws {

struct ProgramLimits {
  ProgramLimits() {}
  std::chrono::milliseconds time{30'000};
  std::size_t output_bytes_max = 64 * 1024;
};

// Runs a program, found by PATH, without a shell, and gives what it wrote to stdout. Its stdin and
// stderr are /dev/null; it sees our environment and no other descriptors. The loop goes on
// meanwhile; cancelling the awaiting coroutine ends the program. Errc::invalid_argument: it cannot
// be started, failed, or said too much; Errc::timeout: it took too long and was ended.
base::Task<base::Secret> run_program(const std::vector<std::string>& words, ProgramLimits limits);

}  // namespace gatehouse::aws
