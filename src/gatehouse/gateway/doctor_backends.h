// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/backends.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/doctor_report.h"

namespace gatehouse::gateway {

// Tries for real, one line each, what serving does with the store and the key: credentials, every
// action on the table (with a record of a minute that is removed again), making and opening a data
// key under the context of this deployment, and the token keys that are there.
base::Coroutine<void> examine_backends(const Config& config, Backends& backends,
                                       const base::Clock& clock, base::Random& random,
                                       DoctorReport& report);

}  // namespace gatehouse::gateway
