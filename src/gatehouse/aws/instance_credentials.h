// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"

namespace gatehouse::aws {

// The role of an EC2 instance, from its metadata service, version 2 only. A machine without that
// service is told apart within seconds: Errc::not_found.
std::unique_ptr<CredentialsSource> instance_credentials(CredentialsContext context);

}  // namespace gatehouse::aws
