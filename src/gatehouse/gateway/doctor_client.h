// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/doctor_report.h"
#include "gatehouse/http/client.h"
#include "gatehouse/identity/identity_provider.h"

namespace gatehouse::gateway {

// Whether Google knows our OAuth client: its id and redirect URI by beginning a sign-in that nobody
// goes on with, its secret by redeeming a code that was never given.
base::Coroutine<void> examine_client(const Config& config, identity::IdentityProvider& provider,
                                     http::Client& client, DoctorReport& report);

}  // namespace gatehouse::gateway
