// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

// The settings found in this process's environment. Secrets are overwritten there once they have
// been read.
SettingValues take_settings_from_environment();

// The settings of a TOML file. Unknown keys, wrong types and syntax errors are problems.
base::Result<SettingValues, std::vector<ConfigProblem>> settings_from_file(const std::string& path);

// Later ones win: file, environment, flags.
SettingValues merge(SettingValues low, const SettingValues& high);

}  // namespace gatehouse::gateway
