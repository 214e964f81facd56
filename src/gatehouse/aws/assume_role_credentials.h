// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"
#include "gatehouse/aws/profile_file.h"
#include "gatehouse/aws/sts_client.h"
#include "gatehouse/base/result.h"

namespace gatehouse::aws {

// `role_arn`, `role_session_name`, `external_id` and `duration_seconds` of a profile, checked.
base::Result<RoleRequest> role_request_of(const ProfileSection& profile, const std::string& name);

// A role, taken on with the credentials of another source.
std::unique_ptr<CredentialsSource> assume_role_credentials(
    CredentialsContext context, RoleRequest role, std::unique_ptr<CredentialsSource> source,
    std::string profile);

}  // namespace gatehouse::aws
