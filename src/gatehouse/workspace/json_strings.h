// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::workspace {

// A member that is an array of texts, left out when there are none.
inline void write_strings(base::JsonWriter& json, std::string_view name,
                          const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

}  // namespace gatehouse::workspace
