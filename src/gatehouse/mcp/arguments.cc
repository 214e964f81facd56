// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/arguments.h"

#include <algorithm>
#include <cmath>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kListItemsMax = 1000;  // when the table says nothing
constexpr std::size_t kProblemsMax = 8;      // told at once
constexpr std::size_t kShownBytesMax = 40;   // of a value in a complaint
constexpr std::size_t kNameBytesMax = 64;

bool is_legal_name(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), legal);
}

std::string_view type_name(ArgumentType type) {
  switch (type) {
    case ArgumentType::string:
      return "string";
    case ArgumentType::integer:
      return "integer";
    case ArgumentType::number:
      return "number";
    case ArgumentType::boolean:
      return "boolean";
  }
  return "";
}

// Shortest text; bounds of integers are written without a fraction.
void append_number(std::string& out, double number) {
  base::JsonWriter json(out);
  if (number == std::floor(number) && std::abs(number) < 9e15) {
    json.value(static_cast<std::int64_t>(number));
  } else {
    json.value(number);
  }
}

std::string number_text(double number) {
  std::string text;
  append_number(text, number);
  return text;
}

// Cut at a character, for complaints. Control characters cannot stand in JSON text, so none get
// out.
std::string shown(const base::JsonValue& value) {
  std::string text = value.to_text();
  if (text.size() <= kShownBytesMax) return text;
  std::size_t size = kShownBytesMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  text.resize(size);
  return text + "...";
}

// ---- schema ----

void write_number_member(base::JsonWriter& json, std::string_view name,
                         const std::optional<double>& number) {
  if (number) json.key(name).raw(number_text(*number));
}

void write_size_member(base::JsonWriter& json, std::string_view name,
                       const std::optional<std::size_t>& size) {
  if (size) json.member(name, *size);
}

void write_scalar_members(base::JsonWriter& json, const ArgumentSpec& spec) {
  json.member("type", type_name(spec.type));
  if (spec.choice_count > 0) {
    json.key("enum").begin_array();
    for (std::size_t i = 0; i < spec.choice_count; ++i) json.value(spec.choices[i]);
    json.end_array();
  }
  write_number_member(json, "minimum", spec.least);
  write_number_member(json, "maximum", spec.most);
  // JSON Schema counts characters and we count bytes: "not empty" is the same, a higher minimum is
  // not; a maximum promises a little too much, which the complaint then explains.
  if (spec.length_min && *spec.length_min <= 1)
    write_size_member(json, "minLength", spec.length_min);
  write_size_member(json, "maxLength", spec.length_max);
}

void write_type_members(base::JsonWriter& json, const ArgumentSpec& spec, int list_depth) {
  if (list_depth == 0) return write_scalar_members(json, spec);
  json.member("type", "array").key("items").begin_object();
  write_type_members(json, spec, list_depth - 1);
  json.end_object();
  if (list_depth != spec.list_depth) return;
  write_size_member(json, "minItems", spec.items_min);
  write_size_member(json, "maxItems", spec.items_max);
}

void write_default(base::JsonWriter& json, const ArgumentDefault& fallback) {
  if (fallback.text) json.member("default", *fallback.text);
  if (fallback.integer) json.member("default", *fallback.integer);
  if (fallback.number) json.key("default").raw(number_text(*fallback.number));
  if (fallback.flag) json.member("default", *fallback.flag);
}

// ---- expectations in words ----

std::string choices_text(const ArgumentSpec& spec) {
  std::string text = "one of ";
  for (std::size_t i = 0; i < spec.choice_count; ++i) {
    if (i > 0) text += ", ";
    base::append_json_string(text, spec.choices[i]);
  }
  return text;
}

std::string number_expectation(const ArgumentSpec& spec) {
  std::string text = spec.type == ArgumentType::integer ? "an integer" : "a number";
  if (spec.least && spec.most) {
    text += " from " + number_text(*spec.least) + " to " + number_text(*spec.most);
  } else if (spec.least) {
    text += " of at least " + number_text(*spec.least);
  }
  return text;
}

std::string string_expectation(const ArgumentSpec& spec) {
  if (spec.choice_count > 0) return choices_text(spec);
  std::string text = "a string";
  if (spec.length_max) {
    text += " of " + std::to_string(spec.length_min.value_or(0)) + " to " +
            std::to_string(*spec.length_max) + " bytes";
  }
  return text;
}

std::string expectation(const ArgumentSpec& spec, int list_depth) {
  if (list_depth > 0) return "a list, each item " + expectation(spec, list_depth - 1);
  switch (spec.type) {
    case ArgumentType::string:
      return string_expectation(spec);
    case ArgumentType::boolean:
      return "true or false";
    case ArgumentType::integer:
    case ArgumentType::number:
      return number_expectation(spec);
  }
  return "";
}

// ---- judging ----

bool is_choice(const ArgumentSpec& spec, std::string_view text) {
  const auto end = spec.choices.begin() + static_cast<std::ptrdiff_t>(spec.choice_count);
  return std::find(spec.choices.begin(), end, text) != end;
}

bool fits_string(const ArgumentSpec& spec, const base::JsonValue& value) {
  const std::optional<std::string_view> text = value.as_string();
  if (!text) return false;
  if (spec.choice_count > 0) return is_choice(spec, *text);
  return text->size() >= spec.length_min.value_or(0) &&
         text->size() <= spec.length_max.value_or(std::numeric_limits<std::size_t>::max());
}

bool fits_bounds(const ArgumentSpec& spec, double number) {
  return !(spec.least && number < *spec.least) && !(spec.most && number > *spec.most);
}

bool fits_width(const ArgumentSpec& spec, std::int64_t number) {
  return !spec.narrow || number == static_cast<int>(number);
}

bool fits_scalar(const ArgumentSpec& spec, const base::JsonValue& value) {
  switch (spec.type) {
    case ArgumentType::string:
      return fits_string(spec, value);
    case ArgumentType::boolean:
      return value.as_bool().has_value();
    case ArgumentType::integer: {
      const std::optional<std::int64_t> number = value.as_integer();
      return number && fits_width(spec, *number) && fits_bounds(spec, static_cast<double>(*number));
    }
    case ArgumentType::number: {
      const std::optional<double> number = value.as_number();
      return number && fits_bounds(spec, *number);
    }
  }
  return false;
}

// A value of another type that reads like the right one: the commonest mistake of models.
std::string_view quoting_advice(const ArgumentSpec& spec, const base::JsonValue& value) {
  if (spec.type != ArgumentType::string && value.is_string()) return "; send it without quotes";
  const bool bare =
      !value.is_string() && !value.is_null() && !value.is_array() && !value.is_object();
  if (spec.type == ArgumentType::string && bare) return "; send it in quotes";
  return "";
}

std::string got(const ArgumentSpec& spec, const base::JsonValue& value) {
  const std::optional<std::string_view> text = value.as_string();
  const bool too_long = spec.type == ArgumentType::string && text && spec.choice_count == 0;
  if (too_long) return ", got a string of " + std::to_string(text->size()) + " bytes";
  if (value.as_integer() && !fits_width(spec, *value.as_integer())) return ", got a larger number";
  return ", got " + shown(value) + std::string(quoting_advice(spec, value));
}

std::string mismatch(const ArgumentSpec& spec, const base::JsonValue& value, int list_depth) {
  return "expected " + expectation(spec, list_depth) + got(spec, value);
}

std::optional<std::string> list_size_problem(const ArgumentSpec& spec, std::size_t size,
                                             int list_depth) {
  const bool outermost = list_depth == spec.list_depth;
  const std::size_t least = outermost ? spec.items_min.value_or(0) : 0;
  const std::size_t most = outermost ? spec.items_max.value_or(kListItemsMax) : kListItemsMax;
  if (size >= least && size <= most) return std::nullopt;
  return "expected " + std::to_string(least) + " to " + std::to_string(most) + " items, got " +
         std::to_string(size);
}

std::optional<std::string> value_problem(const ArgumentSpec& spec, const base::JsonValue& value,
                                         int list_depth) {
  if (list_depth == 0) {
    if (fits_scalar(spec, value)) return std::nullopt;
    return mismatch(spec, value, 0);
  }
  if (!value.is_array())
    return "expected " + expectation(spec, list_depth) + ", got " + shown(value);
  std::optional<std::string> problem = list_size_problem(spec, value.size(), list_depth);
  if (problem) return problem;
  std::size_t index = 0;
  for (const base::JsonValue& element : value.elements()) {
    problem = value_problem(spec, element, list_depth - 1);
    if (problem) return "item " + std::to_string(index) + ": " + *problem;
    ++index;
  }
  return std::nullopt;
}

// ---- nearest name ----

// Levenshtein distance of two short names, case aside.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kNameBytesMax + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const bool same = base::equal_ignoring_case(a.substr(i - 1, 1), b.substr(j - 1, 1));
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string without_separators(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_' && c != '-') text += c;
  }
  return text;
}

std::string unknown_name_problem(std::string_view name, const std::vector<ArgumentSpec>& specs) {
  std::string_view nearest;
  std::size_t nearest_distance = kNameBytesMax;
  if (name.size() <= kNameBytesMax) {
    const std::string plain = without_separators(name);
    for (const ArgumentSpec& spec : specs) {
      const std::size_t distance = edit_distance(plain, without_separators(spec.name));
      if (distance >= nearest_distance) continue;
      nearest_distance = distance;
      nearest = spec.name;
    }
  }
  std::string text = "unknown argument " + base::json_quote(name.substr(0, kNameBytesMax));
  // More than a third of the name changed is no misspelling.
  if (!nearest.empty() && nearest_distance * 3 <= nearest.size() + 2) {
    text += "; did you mean \"" + std::string(nearest) + "\"?";
  }
  return text;
}

const ArgumentSpec* find_spec(const std::vector<ArgumentSpec>& specs, std::string_view name) {
  for (const ArgumentSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::optional<std::string> member_problem(const std::vector<ArgumentSpec>& specs,
                                          const base::JsonMember& member) {
  const ArgumentSpec* spec = find_spec(specs, member.name);
  if (spec == nullptr) return unknown_name_problem(member.name, specs);
  if (member.value.is_null() && !spec->required()) return std::nullopt;
  const std::optional<std::string> problem = value_problem(*spec, member.value, spec->list_depth);
  if (!problem) return std::nullopt;
  return std::string(spec->name) + ": " + *problem;
}

std::vector<std::string> problems_of(const std::vector<ArgumentSpec>& specs,
                                     const base::JsonValue& arguments) {
  std::vector<std::string> problems;
  for (const ArgumentSpec& spec : specs) {
    if (!spec.required() || arguments.find(spec.name)) continue;
    problems.push_back(std::string(spec.name) + ": missing, expected " +
                       expectation(spec, spec.list_depth));
  }
  for (const base::JsonMember& member : arguments.members()) {
    if (problems.size() >= kProblemsMax) break;
    std::optional<std::string> problem = member_problem(specs, member);
    if (problem) problems.push_back(std::move(*problem));
  }
  return problems;
}

std::string known_arguments(const std::vector<ArgumentSpec>& specs) {
  if (specs.empty()) return "This tool takes no arguments.";
  std::string text = "Arguments: ";
  for (const ArgumentSpec& spec : specs) {
    if (&spec != &specs.front()) text += "; ";
    text += std::string(spec.name) + " (" + expectation(spec, spec.list_depth) +
            (spec.required() ? ", required)" : ")");
  }
  return text + ".";
}

bool default_fits(const ArgumentSpec& spec) {
  const ArgumentDefault& fallback = spec.fallback;
  if (fallback.text && spec.choice_count > 0) return is_choice(spec, *fallback.text);
  if (fallback.integer) return fits_bounds(spec, static_cast<double>(*fallback.integer));
  if (fallback.number) return fits_bounds(spec, *fallback.number);
  return true;
}

}  // namespace

namespace detail {

std::size_t choice_index(const ArgumentSpec& spec, std::string_view text) {
  const auto found = std::find(spec.choices.begin(), spec.choices.end(), text);
  const auto index = static_cast<std::size_t>(found - spec.choices.begin());
  assert(index < spec.choice_count);
  return index;
}

}  // namespace detail

void ArgumentList::add(const ArgumentSpec& spec) {
  assert(is_legal_name(spec.name));
  assert(find_spec(specs_, spec.name) == nullptr);
  assert(default_fits(spec) && (!spec.enumeration || spec.choice_count > 0));
  specs_.push_back(spec);
}

std::string ArgumentList::schema() const {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("type", "object").key("properties").begin_object();
  for (const ArgumentSpec& spec : specs_) {
    json.key(spec.name).begin_object();
    write_type_members(json, spec, spec.list_depth);
    if (!spec.description.empty()) json.member("description", spec.description);
    write_default(json, spec.fallback);
    json.end_object();
  }
  json.end_object();
  const auto required = [](const ArgumentSpec& spec) { return spec.required(); };
  if (std::any_of(specs_.begin(), specs_.end(), required)) {
    json.key("required").begin_array();
    for (const ArgumentSpec& spec : specs_) {
      if (spec.required()) json.value(spec.name);
    }
    json.end_array();
  }
  json.member("additionalProperties", false).end_object();
  return text;
}

std::optional<std::string> ArgumentList::complaint(std::string_view tool,
                                                   const base::JsonValue& arguments) const {
  if (!arguments.is_null() && !arguments.is_object()) {
    return "The arguments of " + std::string(tool) + " must be an object. " +
           known_arguments(specs_);
  }
  const std::vector<std::string> problems = problems_of(specs_, arguments);
  if (problems.empty()) return std::nullopt;
  std::string text = "The arguments of " + std::string(tool) + " do not fit; nothing was done.\n";
  for (const std::string& problem : problems) text += "- " + problem + "\n";
  return text + known_arguments(specs_);
}

}  // namespace gatehouse::mcp
