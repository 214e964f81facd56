// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

// What containers run to learn whether `serve` beside them is alive: asks /healthz where the
// settings say that it listens. Looks at no other setting, so that it stays quick. Exit code 0, or
// 1 with a line on stderr that says what to do.
int check_health(const SettingValues& values);

}  // namespace gatehouse::gateway
