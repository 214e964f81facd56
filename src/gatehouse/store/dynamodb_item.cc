// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_item.h"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "gatehouse/store/record_rules.h"

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::JsonValue;
using base::JsonWriter;
using base::Result;

Error damaged(std::string_view what) {
  return {Errc::internal, "an item of the table is damaged: " + std::string(what)};
}

void append_attribute(JsonWriter& json, const Attribute& attribute) {
  if (const auto* const number = std::get_if<std::int64_t>(&attribute)) {
    append_dynamodb_number(json, *number);
  } else {
    append_dynamodb_text(json, std::get<std::string>(attribute));
  }
}

std::optional<std::int64_t> to_int64(std::string_view digits) {
  std::int64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::optional<Attribute> to_attribute(const JsonValue& value) {
  const auto typed = value.members();
  if (typed.size() != 1) return std::nullopt;
  const auto content = typed[0].value.as_string();
  if (!content) return std::nullopt;
  if (typed[0].name == "S") return Attribute(std::string(*content));
  if (typed[0].name != "N") return std::nullopt;
  const auto number = to_int64(*content);
  if (!number) return std::nullopt;
  return Attribute(*number);
}

// Takes a field of the record out of the other attributes.
template <class T>
Result<T> take(Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return damaged(std::string(name) + " is missing");
  auto* const value = std::get_if<T>(&found->second);
  if (value == nullptr) return damaged(std::string(name) + " has another type");
  T taken = std::move(*value);
  attributes.erase(found);
  return taken;
}

Result<void> take_fields(Record& record) {
  auto key = take<std::string>(record.attributes, "sessionId");
  if (!key) return key.error();
  const auto ttl = take<std::int64_t>(record.attributes, "ttl");
  if (!ttl) return ttl.error();
  const auto version = take<std::int64_t>(record.attributes, "version");
  if (!version) return version.error();
  const auto generation = take<std::int64_t>(record.attributes, "gen");
  if (!generation) return generation.error();
  auto write_id = take<std::string>(record.attributes, "wid");
  if (!write_id) return write_id.error();
  record.key = std::move(*key);
  record.ttl = *ttl;
  record.version = *version;
  record.generation = static_cast<std::uint64_t>(*generation);
  record.write_id = std::move(*write_id);
  return {};
}

}  // namespace

void append_dynamodb_text(JsonWriter& json, std::string_view text) {
  json.begin_object().member("S", text).end_object();
}

void append_dynamodb_number(JsonWriter& json, std::int64_t number) {
  json.begin_object().member("N", std::to_string(number)).end_object();
}

void append_dynamodb_key(JsonWriter& json, std::string_view key) {
  json.begin_object().key("sessionId");
  append_dynamodb_text(json, key);
  json.end_object();
}

void append_dynamodb_item(JsonWriter& json, const Record& record) {
  json.begin_object().key("sessionId");
  append_dynamodb_text(json, record.key);
  json.key("ttl");
  append_dynamodb_number(json, record.ttl);
  json.key("version");
  append_dynamodb_number(json, record.version);
  json.key("gen");
  append_dynamodb_number(json, static_cast<std::int64_t>(record.generation));
  json.key("wid");
  append_dynamodb_text(json, record.write_id);
  for (const auto& [name, attribute] : record.attributes) {
    json.key(name);
    append_attribute(json, attribute);
  }
  json.end_object();
}

Result<std::string_view> read_dynamodb_key(const JsonValue& key) {
  const auto value = key.find("sessionId");
  const auto text = value ? value->find_string("S") : std::nullopt;
  if (!text || key.size() != 1 || value->size() != 1) return damaged("its key");
  return *text;
}

Result<RecordPtr> read_dynamodb_item(const JsonValue& item) {
  if (!item.is_object()) return damaged("it is no object");
  auto record = std::make_shared<Record>();
  for (const base::JsonMember& member : item.members()) {
    auto attribute = to_attribute(member.value);
    if (!attribute) return damaged("an attribute is neither text nor whole number");
    record->attributes.emplace(std::string(member.name), std::move(*attribute));
  }
  const auto taken = take_fields(*record);
  if (!taken) return taken.error();
  // A generation below zero has become one beyond the bounds.
  const auto checked = check_record(*record);
  if (!checked) return damaged(checked.error().detail);
  return RecordPtr(std::move(record));
}

}  // namespace gatehouse::store
