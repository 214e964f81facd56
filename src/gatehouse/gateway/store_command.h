// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

// `gatehouse store init`: makes what the settings name, or says what differs in what is there.
int init_store(const Config& config);

}  // namespace gatehouse::gateway
