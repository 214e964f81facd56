// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"

namespace gatehouse::aws {

// The role of an ECS task or EKS pod, from the endpoint that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
// or AWS_CONTAINER_CREDENTIALS_FULL_URI names, with the authorization token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]; a file is read at every renewal.
std::unique_ptr<CredentialsSource> container_credentials(CredentialsContext context);

}  // namespace gatehouse::aws
