// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/process_memory.h"

#include <unistd.h>

#include <cstdio>

namespace gatehouse::gateway {

std::size_t resident_bytes() {
  std::size_t whole = 0;
  std::size_t resident = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%zu %zu", &whole, &resident) != 2) resident = 0;
  std::fclose(file);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace gatehouse::gateway
