// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::web {

// Text of others made fit to be read: no control, direction, zero-width or tag characters that
// could hide or turn what stands beside it, white space runs as one space, broken UTF-8 as U+FFFD,
// at most `characters_max` characters and then an ellipsis. Not yet escaped.
std::string display_text(std::string_view outside, std::size_t characters_max);

}  // namespace gatehouse::web
