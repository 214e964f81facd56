// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/traced_log.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace gatehouse::telemetry {

void TracedLog::put(Level level, std::string_view event, std::span<const LogField> fields) {
  if (!enabled(level)) return;  // an unwritten line makes no names
  assert(fields.size() <= kFieldsMax);
  std::array<LogField, kFieldsMax + 2> all{};
  auto end = std::ranges::copy(fields, all.begin()).out;
  *end++ = {Field::trace_id, trace_.trace_id()};
  *end++ = {Field::request_id, trace_.request_id()};
  log_.put(level, event, {all.begin(), end});
}

}  // namespace gatehouse::telemetry
