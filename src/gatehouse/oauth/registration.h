// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/client_metadata.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

Judged<ClientMetadata> parse_registration(const AuthorizationServerSettings& settings,
                                          std::string_view body);

// The answer of section 3.2.1: what is stored, and the secret this one time.
std::string registration_answer(const Client& client, const base::Secret& secret);

}  // namespace gatehouse::oauth
