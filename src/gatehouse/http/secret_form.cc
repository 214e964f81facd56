// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/secret_form.h"

namespace gatehouse::http {
namespace {

bool is_unreserved(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

void SecretForm::add(std::string_view name, std::string_view value) {
  // Three bytes for each one at worst, and the buffer does not move while it is filled.
  text_.reserve(text_.size() + 3 * (name.size() + value.size()) + 2);
  if (!text_.empty()) text_.append("&");
  append_encoded(name);
  text_.append("=");
  append_encoded(value);
}

void SecretForm::append_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      text_.append({&c, 1});
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char escape[] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    text_.append({escape, sizeof escape});
  }
}

}  // namespace gatehouse::http
