// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/base/child_process.h"

namespace gatehouse::aws {

// `credential_process` of a profile: a program that prints credentials as JSON, version 1.
std::unique_ptr<CredentialsSource> process_credentials(
    std::string command, std::string profile, base::ProgramLimits limits = base::ProgramLimits());

}  // namespace gatehouse::aws
