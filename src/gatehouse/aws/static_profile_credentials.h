// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/profile_file.h"
#include "gatehouse/base/result.h"

namespace gatehouse::aws {

// Keys that lie in a profile: `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`.
base::Result<Credentials> static_profile_credentials(const ProfileSection& profile,
                                                     const std::string& name);

}  // namespace gatehouse::aws
