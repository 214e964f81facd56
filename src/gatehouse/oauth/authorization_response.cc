// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_response.h"

#include "gatehouse/base/encoding.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {
namespace {

void append_parameter(std::string& location, std::string_view name, std::string_view value) {
  const bool has_query = location.find('?') != std::string::npos;
  if (!has_query) {
    location += '?';
  } else if (!location.ends_with('?') && !location.ends_with('&')) {
    location += '&';
  }
  location.append(name).append("=").append(base::percent_encode(value));
}

void append_state_and_issuer(std::string& location, const std::optional<std::string>& state,
                             std::string_view issuer) {
  if (state) append_parameter(location, "state", *state);
  append_parameter(location, "iss", issuer);
}

}  // namespace

std::string success_location(std::string_view redirect_uri, const std::optional<std::string>& state,
                             std::string_view issuer, const base::Secret& code) {
  std::string location(redirect_uri);
  append_parameter(location, "code", code.reveal());
  append_state_and_issuer(location, state, issuer);
  return location;
}

std::string error_location(std::string_view redirect_uri, const std::optional<std::string>& state,
                           std::string_view issuer, const Rejection& rejection) {
  std::string location(redirect_uri);
  append_parameter(location, "error", wire_name(rejection.reason));
  if (!rejection.description.empty()) {
    append_parameter(location, "error_description", rejection.description);
  }
  append_state_and_issuer(location, state, issuer);
  return location;
}

}  // namespace gatehouse::oauth
