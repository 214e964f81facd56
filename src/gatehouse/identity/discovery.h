// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::identity {

// What a discovery document (OpenID Connect Discovery 1.0 section 3) says that we use.
struct Endpoints {
  std::string authorization;
  std::string token;
  std::string keys;
  std::string revocation;  // empty when the provider has none
};

std::string discovery_url(std::string_view issuer);

// Whether a document of `issuer` may send us to `endpoint`: https (plain http on a loopback host
// only) at the issuer's own host or, for Google, at one of Google's.
bool is_endpoint_of(std::string_view issuer, std::string_view endpoint);

// Errc::unavailable when the text is no discovery document of `issuer`, or names an endpoint that
// may not see our client secret: endpoints are https (plain http on a loopback host only) and lie
// at the issuer's own host or, for Google, at one of Google's.
base::Result<Endpoints> parse_discovery(std::string_view json, std::string_view issuer);

}  // namespace gatehouse::identity
