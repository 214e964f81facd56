// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "gatehouse/base/task.h"

namespace gatehouse::extract {

struct WorkerPoolLimits {
  std::size_t threads = 2;
  std::size_t waiting_max = 16;
};

// Threads for work of more than a millisecond, which would hold the loop. They start with the first
// work. Destroying the pool lets what has begun end and gives up what waits; it must happen before
// the loops of those who wait are destroyed.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolLimits limits = {});
  ~WorkerPool();

  // Runs `work` on one of the threads; the coroutine goes on afterwards, on its own loop, also when
  // it was cancelled meanwhile: so `work` may refer to what it holds. False, and nothing has run,
  // when too much is waiting already or the pool ends. What `work` throws comes out here.
  base::Coroutine<bool> run(const std::function<void()>& work);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::extract
