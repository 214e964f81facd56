// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/wiring.h"

namespace gatehouse::gateway {

// The whole program: reads the command line, runs the command, returns the exit code.
int run_command_line(int argc, char** argv, const Additions& additions = {});

}  // namespace gatehouse::gateway
