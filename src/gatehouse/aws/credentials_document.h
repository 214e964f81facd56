// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/result.h"

namespace gatehouse::aws {

enum class Expiry { required, optional };

struct DocumentForm {
  std::string_view token_name;  // "Token" or "SessionToken"
  Expiry expiry = Expiry::required;
};

// Credentials as container endpoint, instance metadata and credential_process give them:
// {"AccessKeyId","SecretAccessKey",token,"Expiration"}. Errc::invalid_argument says what is wrong.
base::Result<Credentials> read_credentials(const base::JsonValue& document,
                                           const DocumentForm& form);

// Whether they can stand in a signed request: printable ASCII of plausible size. The detail names
// the part that is wrong, never its value.
base::Result<void> check_credentials(const Credentials& credentials);

}  // namespace gatehouse::aws
