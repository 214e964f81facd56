// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/client.h"

namespace gatehouse::aws {

// The standard chain of AWS's SDKs, in their order: environment; the profile (static keys,
// `role_arn` with `source_profile` or `credential_source`, web identity, `credential_process`); web
// identity of the environment; the container endpoint (AWS_CONTAINER_CREDENTIALS_*: https, loopback
// or the link-local addresses of ECS and EKS only); instance metadata v2. The first source that has
// something wins and is the one that renews; one that has something broken ends the search and says
// so. Errc::not_found tells what was looked at. `pause` is for tests.
std::unique_ptr<CredentialsSource> make_credential_chain(
    Environment environment, http::Client& client, const base::Clock& clock, base::Random& random,
    base::Pause pause = base::pause_on_timer());

}  // namespace gatehouse::aws
