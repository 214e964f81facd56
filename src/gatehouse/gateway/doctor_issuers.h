// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/doctor_report.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// Fetches the metadata and the keys of every identity provider in the settings as serving does, one
// line each. `named` and `guarded` as in oauth::IssuerKeys.
base::Coroutine<void> examine_issuers(const Config& config, http::Client& named,
                                      http::Client& guarded, const base::Clock& clock,
                                      telemetry::Log& log, DoctorReport& report);

}  // namespace gatehouse::gateway
