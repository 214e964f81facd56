// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/header_parameter.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <string_view>

#include "gatehouse/base/encoding.h"
#include "gatehouse/mcp/request_rules.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";
constexpr std::string_view kPrefix = "Mcp-Param-";
constexpr std::size_t kSuffixBytesMax = 64;
constexpr std::size_t kDepthMax = 8;
constexpr std::int64_t kExactMax = (std::int64_t{1} << 53) - 1;  // RFC 8259 section 6

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= kSuffixBytesMax &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           const bool alphanumeric =
               (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           return alphanumeric || kMarks.find(c) != std::string_view::npos;
         });
}

// All annotations, wherever they stand; `names` says that the members are names of properties.
std::size_t count_annotations(const base::JsonValue& schema, bool names) {
  std::size_t count = 0;
  for (const base::JsonMember& member : schema.members()) {
    if (!names && member.name == kAnnotation) ++count;
    count += count_annotations(member.value, !names && member.name == "properties");
  }
  for (const base::JsonValue& element : schema.elements())
    count += count_annotations(element, false);
  return count;
}

class Reader {
 public:
  bool read(const base::JsonValue& schema) {
    if (path_.size() > kDepthMax) return true;
    const auto properties = schema.find("properties");
    if (!properties) return true;
    for (const base::JsonMember& member : properties->members()) {
      path_.emplace_back(member.name);
      const bool legal = note(member.value) && read(member.value);
      path_.pop_back();
      if (!legal) return false;
    }
    return true;
  }

  std::vector<HeaderParameter> found;

 private:
  bool note(const base::JsonValue& property) {
    const auto annotation = property.find(kAnnotation);
    if (!annotation) return true;
    const auto name = annotation->as_string();
    const auto type = property.find_string("type");
    if (!name || !is_token(*name)) return false;
    if (type != "string" && type != "integer" && type != "boolean") return false;
    if (!names_.insert(base::to_lower_ascii(*name)).second) return false;
    found.push_back({std::string(kPrefix) + std::string(*name), path_, type == "integer"});
    return true;
  }

  std::vector<std::string> path_;
  std::set<std::string> names_;
};

base::JsonValue value_at(const base::JsonValue& arguments, const std::vector<std::string>& path) {
  base::JsonValue value = arguments;
  for (const std::string& name : path) {
    const auto member = value.find(name);
    if (!member) return {};
    value = *member;
  }
  return value;
}

// "42" and "42.0" name the same integer.
bool same_number(std::string_view text, const base::JsonValue& value) {
  const auto number = value.as_number();
  double parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  return number && error == std::errc() && end == text.data() + text.size() && parsed == *number;
}

bool repeats(const HeaderParameter& parameter, std::string_view text,
             const base::JsonValue& value) {
  const auto flag = value.as_bool();
  if (flag) return text == (*flag ? "true" : "false");
  if (value.is_string()) return text == *value.as_string();
  return parameter.is_number && same_number(text, value);
}

std::optional<std::string> problem_of(const HeaderParameter& parameter,
                                      const http::Request& request,
                                      const base::JsonValue& arguments) {
  const SingleHeader header = single_header(request, parameter.header);
  if (header.repeated) return parameter.header + " is repeated";
  const base::JsonValue value = value_at(arguments, parameter.path);
  if (value.is_null()) {
    if (!header.value) return std::nullopt;
    return parameter.header + " stands for an argument that is not there";
  }
  if (!header.value) return parameter.header + " is required with this argument";
  const std::optional<std::string> text = decoded_header_value(*header.value);
  if (!text) return parameter.header + " is not well encoded";
  const auto number = value.as_integer();
  if (number && (*number > kExactMax || *number < -kExactMax))
    return parameter.header + " stands for a number that is not exact everywhere";
  if (!repeats(parameter, *text, value)) return parameter.header + " does not match the argument";
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<HeaderParameter>> header_parameters(const base::JsonValue& schema) {
  Reader reader;
  if (!reader.read(schema)) return std::nullopt;
  if (reader.found.size() != count_annotations(schema, false)) return std::nullopt;
  return std::move(reader.found);
}

std::optional<std::string> header_parameter_problem(const std::vector<HeaderParameter>& parameters,
                                                    const http::Request& request,
                                                    const base::JsonValue& arguments) {
  for (const HeaderParameter& parameter : parameters) {
    std::optional<std::string> problem = problem_of(parameter, request, arguments);
    if (problem) return problem;
  }
  return std::nullopt;
}

}  // namespace gatehouse::mcp
