// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include "gatehouse/base/task.h"

namespace gatehouse::base {

// Waits that long without holding the loop.
using Pause = std::function<Coroutine<void>(std::chrono::milliseconds)>;

// A timer on the loop that awaits it.
Pause pause_on_timer();

}  // namespace gatehouse::base
