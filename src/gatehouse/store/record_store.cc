// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

std::string_view Record::text(std::string_view name) const {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return {};
  const auto* const value = std::get_if<std::string>(&found->second);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::int64_t Record::number(std::string_view name) const {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return 0;
  const auto* const value = std::get_if<std::int64_t>(&found->second);
  return value == nullptr ? 0 : *value;
}

bool Record::has(std::string_view name) const { return attributes.contains(name); }

}  // namespace gatehouse::store
