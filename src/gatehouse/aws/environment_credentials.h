// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"

namespace gatehouse::aws {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
std::unique_ptr<CredentialsSource> environment_credentials(CredentialsContext context);

}  // namespace gatehouse::aws
