// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/environment_credentials.h"

#include <utility>

#include "gatehouse/aws/credentials_document.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

class EnvironmentCredentials final : public CredentialsSource {
 public:
  explicit EnvironmentCredentials(CredentialsContext context) : context_(std::move(context)) {}

  base::Task<Credentials> fetch() override { co_return read(); }

 private:
  base::Result<Credentials> read() const {
    const Environment& environment = *context_.environment;
    const auto id = environment.find("AWS_ACCESS_KEY_ID");
    base::Secret secret = environment.secret("AWS_SECRET_ACCESS_KEY");
    if (!id && secret.empty()) return Error{Errc::not_found, "AWS_ACCESS_KEY_ID is not set"};
    if (!id || secret.empty()) {
      const std::string set = id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
      const std::string unset = id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
      return Error{Errc::invalid_argument, set + " is set and " + unset +
                                               " is not: set both, or neither to use another "
                                               "source of credentials"};
    }
    Credentials credentials;
    credentials.access_key_id = *id;
    credentials.secret_access_key = std::move(secret);
    credentials.session_token = environment.secret("AWS_SESSION_TOKEN");
    credentials.source = "environment";
    const auto checked = check_credentials(credentials);
    if (!checked) {
      return Error{Errc::invalid_argument,
                   "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                   "AWS_SESSION_TOKEN: " +
                       checked.error().detail};
    }
    return credentials;
  }

  const CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> environment_credentials(CredentialsContext context) {
  return std::make_unique<EnvironmentCredentials>(std::move(context));
}

}  // namespace gatehouse::aws
