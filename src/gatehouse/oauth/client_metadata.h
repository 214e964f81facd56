// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// What a client may decide about itself (RFC 7591 section 2), whether it registers or publishes a
// document. Other members are checked where they could hurt, then left out; nothing they name is
// ever fetched.
struct ClientMetadata {
  ClientMetadata() {}
  std::string name;
  std::vector<std::string> redirect_uris;
  ClientAuthentication authentication = ClientAuthentication::none;
};

// Everything but how it authenticates, which the two ways of introducing oneself decide.
Judged<ClientMetadata> judge_client_metadata(const AuthorizationServerSettings& settings,
                                             const base::JsonValue& root);

Rejection metadata_fault(std::string description);

// A member that may be absent or null, but nothing other than text.
Judged<std::string_view> optional_text(const base::JsonValue& root, const char* member);

// A list of short texts, or nullopt when the member is absent.
Judged<std::optional<std::vector<std::string_view>>> optional_list(const base::JsonValue& root,
                                                                   const char* member);

}  // namespace gatehouse::oauth
