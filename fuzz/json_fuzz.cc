// SPDX-License-Identifier: Apache-2.0
//
// What parses is written out as text that parses to the same; what is quoted parses back.
#include <cmath>

#include "fuzzing.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::fuzzing {
namespace {

using base::JsonDocument;
using base::JsonKind;
using base::JsonValue;

void check_number(const JsonValue& value) {
  const auto integer = value.as_integer();
  const auto number = value.as_number();
  assert(number && std::isfinite(*number));
  if (integer) assert(static_cast<double>(*integer) == *number);
}

// Accessors agree with the kind, and nothing of another kind is made up.
void check_value(const JsonValue& value) {
  const JsonKind kind = value.kind();
  assert(value.as_bool().has_value() == (kind == JsonKind::boolean));
  assert(value.as_string().has_value() == (kind == JsonKind::string));
  if (kind == JsonKind::integer || kind == JsonKind::number) check_number(value);
  if (kind == JsonKind::string) assert(base::is_valid_utf8(*value.as_string()));
  const auto members = value.members();
  const auto elements = value.elements();
  assert(kind == JsonKind::object || members.empty());
  assert(kind == JsonKind::array || elements.empty());
  assert(value.size() == members.size() + elements.size());
  for (const base::JsonMember& member : members) {
    assert(base::is_valid_utf8(member.name) && value.find(member.name));
    check_value(member.value);
  }
  for (const JsonValue& element : elements) check_value(element);
}

void check_text(std::string_view input) {
  const auto document = JsonDocument::parse(input);
  base::JsonLimits forgiving;
  forgiving.refuse_duplicate_names = false;
  forgiving.depth_max = 200;
  const auto more = JsonDocument::parse(input, forgiving);
  if (more) assert(JsonDocument::parse(more->root().to_text(), forgiving));
  if (!document) {
    assert(document.error().detail.find('\n') == std::string::npos);
    return;
  }
  assert(more && base::is_valid_utf8(input));
  check_value(document->root());
  const std::string text = document->root().to_text();
  const auto again = JsonDocument::parse(text);
  assert(again && again->root().to_text() == text);
  assert(again->root().kind() == document->root().kind());
}

// Any bytes at all as a string and as a name.
void check_quoting(std::string_view input) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member(input, input).end_object();
  const auto document = JsonDocument::parse(text);
  assert(document && document->root().size() == 1);
  const base::JsonMember member = document->root().members().front();
  assert(member.name == member.value.as_string());
  if (base::is_valid_utf8(input)) assert(member.name == input);
}

}  // namespace

void run(std::string_view input) {
  check_text(input);
  check_quoting(input);
}

}  // namespace gatehouse::fuzzing
