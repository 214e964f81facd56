// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::base {

enum class JsonKind { null, boolean, integer, number, string, array, object };

struct JsonMember;

// A handle on one value of a JsonDocument, cheap to copy; it dies with the document. Accessors
// answer nullopt when the kind is another: nothing is coerced.
class JsonValue {
 public:
  JsonKind kind() const;
  bool is_null() const { return kind() == JsonKind::null; }
  bool is_object() const { return kind() == JsonKind::object; }
  bool is_array() const { return kind() == JsonKind::array; }
  bool is_string() const { return kind() == JsonKind::string; }

  std::optional<bool> as_bool() const;
  std::optional<std::int64_t> as_integer() const;  // also 3.0, when it is exact; never a string
  std::optional<double> as_number() const;         // integers too
  std::optional<std::string_view> as_string() const;

  // Object members. Names are exact; nullopt when absent or when this is no object.
  std::optional<JsonValue> find(std::string_view name) const;
  std::optional<std::string_view> find_string(std::string_view name) const;
  std::optional<std::int64_t> find_integer(std::string_view name) const;
  std::optional<bool> find_bool(std::string_view name) const;
  // What find() gives for each of `names`, in one pass over the members.
  template <std::size_t N>
  std::array<std::optional<JsonValue>, N> find_each(
      const std::array<std::string_view, N>& names) const {
    std::array<std::optional<JsonValue>, N> found;
    find_each(names, found);
    return found;
  }
  std::vector<JsonMember> members() const;

  // Array elements, empty when this is no array.
  std::vector<JsonValue> elements() const;
  std::size_t size() const;  // elements or members; 0 for scalars

  std::string to_text() const;  // minified JSON

 private:
  friend class JsonDocument;
  friend struct JsonAccess;

  void find_each(std::span<const std::string_view> names,
                 std::span<std::optional<JsonValue>> found) const;

  alignas(8) unsigned char element_[16] = {};
};

struct JsonMember {
  std::string_view name;
  JsonValue value;
};

// Appends minified JSON. A default-constructed value is null.
void append_json(std::string& out, const JsonValue& value);

struct JsonLimits {
  std::size_t depth_max = 64;          // levels of arrays and objects; at most 1000
  bool refuse_duplicate_names = true;  // anywhere in the document
};

// A parsed text. Strict RFC 8259: whole text valid UTF-8, no byte order mark, numbers within 64
// bits.
class JsonDocument {
 public:
  // Errc::invalid_argument with a detail that names what is wrong, never the text.
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits = {});

  JsonValue root() const;

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

 private:
  struct State;
  explicit JsonDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::base
