// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

// Checks what `serve` needs, one line each with the remedy. Exit code 0 when all is well, 1
// otherwise. Changes nothing.
int examine(Config config);

}  // namespace gatehouse::gateway
