// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/uri_template.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kUriBytesMax = 2048;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool is_legal_value(std::string_view value) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return base::is_valid_utf8(value) && std::none_of(value.begin(), value.end(), control);
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_';
  });
}

// One step of a template: literal text, then perhaps a variable.
struct Step {
  std::string_view literal;
  std::string_view variable;  // empty at the end
};

std::optional<std::vector<Step>> steps_of(std::string_view rest) {
  std::vector<Step> steps;
  std::set<std::string_view> seen;
  while (!rest.empty()) {
    Step step;
    const std::size_t open = rest.find('{');
    step.literal = rest.substr(0, open);
    if (step.literal.find('}') != std::string_view::npos) return std::nullopt;
    if (open == std::string_view::npos) {
      steps.push_back(step);
      break;
    }
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    step.variable = rest.substr(open + 1, close - open - 1);
    const bool touches = step.literal.empty() && !steps.empty();
    if (touches || !is_variable_name(step.variable) || !seen.insert(step.variable).second)
      return std::nullopt;
    steps.push_back(step);
    rest.remove_prefix(close + 1);
  }
  return steps;
}

}  // namespace

std::optional<std::vector<std::string>> template_variables(std::string_view uri_template) {
  const std::optional<std::vector<Step>> steps = steps_of(uri_template);
  if (!steps) return std::nullopt;
  std::vector<std::string> names;
  for (const Step& step : *steps) {
    if (!step.variable.empty()) names.emplace_back(step.variable);
  }
  return names;
}

std::optional<UriVariables> match_template(std::string_view uri_template, std::string_view uri) {
  const std::optional<std::vector<Step>> steps = steps_of(uri_template);
  if (!steps) return std::nullopt;
  UriVariables variables;
  for (std::size_t i = 0; i < steps->size(); ++i) {
    const Step& step = (*steps)[i];
    if (!uri.starts_with(step.literal)) return std::nullopt;
    uri.remove_prefix(step.literal.size());
    if (step.variable.empty()) break;
    // A variable ends where the next literal begins, and in any case with its segment.
    const std::string_view next = i + 1 < steps->size() ? (*steps)[i + 1].literal : "";
    std::size_t end = std::min(uri.find_first_of("/?#"), uri.size());
    if (!next.empty()) end = std::min(end, uri.find(next));
    const std::optional<std::string> value = decoded(uri.substr(0, end));
    if (end == 0 || !value || !is_legal_value(*value)) return std::nullopt;
    variables.emplace(step.variable, *value);
    uri.remove_prefix(end);
  }
  if (!uri.empty()) return std::nullopt;
  return variables;
}

bool is_legal_uri(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (uri.size() > kUriBytesMax || colon == std::string_view::npos || colon == 0) return false;
  const std::string_view scheme = uri.substr(0, colon);
  const bool scheme_is_legal =
      is_letter(scheme[0]) && std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
      });
  constexpr std::string_view kOthers = "-._~:/?#[]@!$&'()*+,;=%";
  const std::string_view rest = uri.substr(colon + 1);
  return scheme_is_legal && !rest.empty() && std::all_of(rest.begin(), rest.end(), [&](char c) {
           return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
         });
}

}  // namespace gatehouse::mcp
