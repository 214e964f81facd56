// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/media_type.h"

#include <optional>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/take_until.h"

namespace gatehouse::http {
namespace {

bool allows_utf8(std::string_view parameter) {
  const std::string_view name = base::trim(base::take_until(parameter, '='));
  if (!base::equal_ignoring_case(name, "charset")) return true;
  std::string_view value = base::trim(parameter);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return base::equal_ignoring_case(value, "utf-8") || base::equal_ignoring_case(value, "utf8");
}

bool are_parameters_of_utf8(std::string_view parameters) {
  while (!parameters.empty()) {
    if (!allows_utf8(base::trim(base::take_until(parameters, ';')))) return false;
  }
  return true;
}

}  // namespace

bool has_body_of_type(const Request& request, std::string_view type) {
  const std::optional<std::string_view> header = request.header("content-type");
  if (!header) return false;
  std::string_view rest = *header;
  if (!base::equal_ignoring_case(base::trim(base::take_until(rest, ';')), type)) return false;
  return are_parameters_of_utf8(rest);
}

bool is_json_type(std::string_view content_type) {
  const std::string type = base::to_lower_ascii(base::trim(base::take_until(content_type, ';')));
  const bool is_own_type = type.starts_with("application/") && type.ends_with("+json");
  return (type == "application/json" || is_own_type) && are_parameters_of_utf8(content_type);
}

}  // namespace gatehouse::http
