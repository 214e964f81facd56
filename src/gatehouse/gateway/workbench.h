// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/backends.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// What a command of an operator works with: the backends of the settings, without serving.
struct Workbench {
  explicit Workbench(const Config& settings) : config(settings) {}

  const Config& config;
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  boost::asio::io_context loop{1};
  std::unique_ptr<Backends> backends;
};

// One command: its exit code, after it has printed what it found.
using Job = std::function<base::Coroutine<int>(Workbench&)>;

// Opens the backends and does the job; a job that needs the token keys loads them itself, because
// maintenance may not have the right to. Without backends it complains on stderr and gives 1; what
// the job logged goes to stderr.
int run_on_workbench(const Config& config, const Job& job);

}  // namespace gatehouse::gateway
