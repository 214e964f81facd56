// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::aws {

// The standard chain of AWS's SDKs, in their order: environment; the profile (static keys,
// `role_arn` with `source_profile` or `credential_source`, web identity, `credential_process`); web
// identity of the environment; the container endpoint (AWS_CONTAINER_CREDENTIALS_*: https, loopback
// or the link-local addresses of ECS and EKS only); instance metadata v2. The first source that has
// something wins; one that has something broken ends the search and says so.
std::unique_ptr<CredentialsSource> make_credential_chain(Environment environment,
                                                         http::Client& client,
                                                         const base::Clock& clock,
                                                         base::Random& random);

// Credentials ready to sign with, whatever source they come from. Renewed five minutes before they
// end, one renewal at a time however many calls want one; while a renewal fails, the old ones serve
// until their end. Long-lived ones are asked for once.
class CachedCredentials {
 public:
  CachedCredentials(std::unique_ptr<CredentialsSource> source, const base::Clock& clock,
                    telemetry::Log& log);
  ~CachedCredentials();

  base::Task<Credentials> get();
  // AWS refused these as expired or unknown: the next get() asks the source again, unless somebody
  // has done so meanwhile.
  void reject(const Credentials& credentials);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::aws
