// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

// One field of a message's header as it stands.
struct RawField {
  std::string_view name;
  std::string_view lines;  // all of it, each line with its CRLF

  // Unfolded, RFC 5322 section 2.2.3; nothing is decoded.
  std::string value() const;
};

// The header of a message, taken apart and not changed. Views into the message.
struct RawHead {
  std::vector<RawField> fields;
  std::size_t size = 0;  // with the empty line behind it
};

inline constexpr std::size_t kRawHeadMax = 256 * 1024;

// Strict: every line ends with CRLF, every field has a name and a colon, and the empty line comes
// within kRawHeadMax bytes and 1,000 fields; else nullopt.
std::optional<RawHead> read_raw_head(std::string_view message);

}  // namespace gatehouse::workspace::gmail
