// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// What a client may decide about itself when it registers (RFC 7591 section 2). Other members of
// the request are checked where they could hurt, then left out; nothing they name is ever fetched.
struct ClientMetadata {
  ClientMetadata() {}
  std::string name;
  std::vector<std::string> redirect_uris;
  ClientAuthentication authentication = ClientAuthentication::none;
};

Judged<ClientMetadata> parse_registration(const AuthorizationServerSettings& settings,
                                          std::string_view body);

// The answer of section 3.2.1: what is stored, and the secret this one time.
std::string registration_answer(const Client& client, const base::Secret& secret);

}  // namespace gatehouse::oauth
