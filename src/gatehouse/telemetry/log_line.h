// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {

using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr std::size_t kLogValueBytesMax = 256;

// Appends one line without its line feed. Whatever the values hold, it stays one line of printable
// UTF-8: controls, also those of terminals and of text direction, are escaped or become U+FFFD, and
// texts are cut to kLogValueBytesMax bytes.
void append_json_line(std::string& out, LogTime time, Level level, std::string_view event,
                      std::span<const LogField> fields);
void append_readable_line(std::string& out, LogTime time, Level level, std::string_view event,
                          std::span<const LogField> fields);

}  // namespace gatehouse::telemetry
