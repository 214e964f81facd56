// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/credentials_document.h"

#include <algorithm>
#include <string>

#include "gatehouse/aws/time_text.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kKeyBytesMax = 256;
constexpr std::size_t kTokenBytesMax = 16 * 1024;

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Error lacking(std::string_view name) {
  return Error{Errc::invalid_argument, std::string(name) + " is missing"};
}

}  // namespace

base::Result<Credentials> read_credentials(const base::JsonValue& document,
                                           const DocumentForm& form) {
  const auto id = document.find_string("AccessKeyId");
  const auto secret = document.find_string("SecretAccessKey");
  const auto token = document.find_string(form.token_name);
  const auto expiration = document.find_string("Expiration");
  if (!id) return lacking("AccessKeyId");
  if (!secret) return lacking("SecretAccessKey");
  if (!expiration && form.expiry == Expiry::required) return lacking("Expiration");

  Credentials credentials;
  credentials.access_key_id = *id;
  credentials.secret_access_key = base::Secret::copy_of(*secret);
  if (token) credentials.session_token = base::Secret::copy_of(*token);
  if (expiration) {
    credentials.expires = parse_timestamp(*expiration);
    if (!credentials.expires) return Error{Errc::invalid_argument, "Expiration is no timestamp"};
  }
  const auto checked = check_credentials(credentials);
  if (!checked) return checked.error();
  return credentials;
}

base::Result<void> check_credentials(const Credentials& credentials) {
  const struct {
    const char* name;
    std::string_view value;
    std::size_t bytes_max;
    bool required;
  } parts[] = {
      {"the access key id", credentials.access_key_id, kKeyBytesMax, true},
      {"the secret access key", credentials.secret_access_key.reveal(), kKeyBytesMax, true},
      {"the session token", credentials.session_token.reveal(), kTokenBytesMax, false}};
  for (const auto& part : parts) {
    const std::string name = part.name;
    if (part.required && part.value.empty()) {
      return Error{Errc::invalid_argument, name + " is empty"};
    }
    if (part.value.size() > part.bytes_max) {
      return Error{Errc::invalid_argument, name + " is too long"};
    }
    if (!is_visible_ascii(part.value)) {
      return Error{Errc::invalid_argument, name +
                                               " holds spaces, line ends or other characters "
                                               "that no key of AWS has; copy it again"};
    }
  }
  return {};
}

}  // namespace gatehouse::aws
