// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fixture.h"

namespace gatehouse::conformance {

// Serves the fixture without authentication on a free port of the loopback, prints its URL, and
// runs until SIGTERM. Exit code.
int run_plain_server(Announcer& announcer);

}  // namespace gatehouse::conformance
