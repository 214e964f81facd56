// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/doctor_report.h"

namespace gatehouse::gateway {

// What the settings of the KMS keys are, for credentials that may read them: serving replicas may
// not and need not, so that a refusal is a note. `keys` as GATEHOUSE_KEY names them.
base::Coroutine<void> examine_settings_of_keys(aws::JsonClient& kms,
                                               const std::vector<std::string>& keys,
                                               DoctorReport& report);

}  // namespace gatehouse::gateway
