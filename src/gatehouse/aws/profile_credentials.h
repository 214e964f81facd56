// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"

namespace gatehouse::aws {

// What the profile of AWS_PROFILE (else "default") says: a role (with `source_profile` or
// `credential_source`), a web identity, keys, or `credential_process`. The files are read at every
// renewal, so what was put right there is found.
std::unique_ptr<CredentialsSource> profile_credentials(CredentialsContext context);

}  // namespace gatehouse::aws
