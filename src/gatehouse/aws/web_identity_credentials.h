// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"
#include "gatehouse/aws/sts_client.h"

namespace gatehouse::aws {

// A role, taken on with the token of another identity provider, such as a Kubernetes cluster's. The
// file is read at every renewal. `origin` names the setting for operators.
std::unique_ptr<CredentialsSource> web_identity_credentials(CredentialsContext context,
                                                            RoleRequest role,
                                                            std::string token_file,
                                                            std::string origin);

// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME.
std::unique_ptr<CredentialsSource> environment_web_identity_credentials(CredentialsContext context);

}  // namespace gatehouse::aws
