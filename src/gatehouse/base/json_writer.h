// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/json.h"

namespace gatehouse::base {

// Appends minified JSON to a string, commas and escapes included:
//   JsonWriter json(out);
//   json.begin_object().key("id").value(7);
//   json.key("tags").begin_array().value("a").end_array().end_object();
// Strings should be valid UTF-8; broken sequences become U+FFFD, so the output always parses.
// Nesting (at most 63 levels) is the caller's duty and asserted.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  JsonWriter& value(double number);  // shortest text that reads back the same; null when not finite
  template <std::integral T>
  JsonWriter& value(T number) {
    if constexpr (std::unsigned_integral<T>) return unsigned_integer(number);
    return integer(static_cast<std::int64_t>(number));
  }
  JsonWriter& value(const JsonValue& json);  // copied as it was parsed
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);  // already JSON

  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }

 private:
  JsonWriter& integer(std::int64_t number);
  JsonWriter& unsigned_integer(std::uint64_t number);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  std::uint64_t has_items_ = 0;  // one bit per open level: whether a comma is due
  unsigned depth_ = 0;
  bool after_key_ = false;
};

// Appends `text` as a JSON string with its quotes; broken UTF-8 as above.
void append_json_string(std::string& out, std::string_view text);
std::string json_quote(std::string_view text);

}  // namespace gatehouse::base
