// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/cli.h"

int main(int argc, char** argv) { return gatehouse::gateway::run_command_line(argc, argv); }
