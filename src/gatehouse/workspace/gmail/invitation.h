// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// A text/calendar part (RFC 5545) in a few lines: what, when, where, who asks. Empty when it holds
// no event. Reads at most 256 KB and the first 10 events.
std::string invitation_text(std::string_view calendar);

}  // namespace gatehouse::workspace::gmail
