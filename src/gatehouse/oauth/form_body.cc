// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/form_body.h"

#include <utility>

#include "gatehouse/http/media_type.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kBodyBytesMax = 16 * 1024;

Rejection invalid(const char* description) { return {Reason::invalid_request, description}; }

}  // namespace

Judged<FormBody> FormBody::read(const http::Request& request) {
  if (!http::has_body_of_type(request, "application/x-www-form-urlencoded")) {
    return invalid("the request must be application/x-www-form-urlencoded");
  }
  if (request.body.size() > kBodyBytesMax) return invalid("the request is larger than 16 KB");
  auto fields = http::parse_form(request.body);
  if (!fields) return invalid("the form cannot be read");
  FormBody form(std::move(*fields));
  for (const auto& [name, value] : form.fields_) {
    if (name != "resource" && http::field_count(form.fields_, name) > 1) {
      return invalid("a parameter is repeated");
    }
  }
  return form;
}

FormBody::~FormBody() {
  for (auto& [name, value] : fields_) base::wipe_memory(value.data(), value.size());
}

std::optional<std::string_view> FormBody::value(std::string_view name) const {
  const auto found = http::single_field(fields_, name);
  if (!found || found->empty()) return std::nullopt;
  return found;
}

std::vector<std::string_view> FormBody::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& field : fields_) {
    if (field.first == name && !field.second.empty()) found.push_back(field.second);
  }
  return found;
}

base::Secret FormBody::secret(std::string_view name) const {
  return base::Secret::copy_of(value(name).value_or(""));
}

}  // namespace gatehouse::oauth
