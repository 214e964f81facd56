// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/record_rules.h"

#include <algorithm>
#include <array>
#include <limits>

#include "gatehouse/base/encoding.h"

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;

// The year 5138 in seconds. Milliseconds of any date since 1973 lie above.
constexpr std::int64_t kTtlMax = 100'000'000'000;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kWriteIdBytesMax = 128;
constexpr std::array<std::string_view, 5> kOwnFields = {"sessionId", "ttl", "version", "gen",
                                                        "wid"};

Error invalid(const char* what) { return {Errc::invalid_argument, what}; }

std::size_t size_of(const Attribute& attribute) {
  const auto* const text = std::get_if<std::string>(&attribute);
  return text == nullptr ? sizeof(std::int64_t) : text->size();
}

Result<void> check_attribute(const std::string& name, const Attribute& attribute) {
  if (name.empty() || name.size() > kNameBytesMax) return invalid("attribute name has a bad size");
  if (std::find(kOwnFields.begin(), kOwnFields.end(), name) != kOwnFields.end()) {
    return invalid("attribute has the name of a field");
  }
  const auto* const text = std::get_if<std::string>(&attribute);
  if (!base::is_valid_utf8(name) || (text != nullptr && !base::is_valid_utf8(*text))) {
    return invalid("attribute is not UTF-8");
  }
  return {};
}

}  // namespace

Result<void> check_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax) return invalid("key has a bad size");
  if (!base::is_valid_utf8(key)) return invalid("key is not UTF-8");
  return {};
}

Result<void> check_keys(const std::vector<std::string>& keys) {
  if (keys.size() > kKeysPerReadMax) return invalid("too many keys for one read");
  for (const std::string& key : keys) {
    const auto checked = check_key(key);
    if (!checked) return checked.error();
  }
  return {};
}

Result<void> check_record(const Record& record) {
  const auto key = check_key(record.key);
  if (!key) return key.error();
  if (record.ttl <= 0 || record.ttl >= kTtlMax) return invalid("ttl is no epoch second");
  constexpr std::uint64_t kGenerationMax = std::numeric_limits<std::int64_t>::max();
  if (record.generation == 0 || record.generation > kGenerationMax) {
    return invalid("generation is out of range");
  }
  if (record.write_id.size() > kWriteIdBytesMax || !base::is_valid_utf8(record.write_id)) {
    return invalid("write id is malformed");
  }
  if (record.attributes.size() > kAttributesMax) return invalid("record has too many attributes");
  for (const auto& [name, attribute] : record.attributes) {
    const auto checked = check_attribute(name, attribute);
    if (!checked) return checked.error();
  }
  if (size_of(record) > kRecordBytesMax) return invalid("record is too large");
  return {};
}

Result<void> check_listing(std::string_view prefix, std::string_view from, std::size_t rows_max) {
  for (const std::string_view part : {prefix, from}) {
    if (part.empty()) continue;
    const auto checked = check_key(part);
    if (!checked) return checked.error();
  }
  // A page of no rows would never come to an end.
  if (rows_max == 0) return invalid("a page must have room for a row");
  return {};
}

std::size_t size_of(const Record& record) {
  std::size_t size = record.key.size() + record.write_id.size() + 3 * sizeof(std::int64_t);
  for (const auto& [name, attribute] : record.attributes) size += name.size() + size_of(attribute);
  return size;
}

}  // namespace gatehouse::store
