// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/aws/aws_error.h"
#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/secret_form.h"

namespace gatehouse::aws {

struct RoleRequest {
  RoleRequest() {}
  std::string role_arn;
  std::string session_name = "gatehouse";
  std::string external_id;              // empty: none
  std::optional<int> duration_seconds;  // AWS's own default is an hour
};

// The two calls of STS that give credentials (Query protocol, XML answers), at the endpoint and in
// the region that the environment names. Errors say what to do.
class StsClient {
 public:
  explicit StsClient(CredentialsContext context);

  base::Task<Credentials> assume_role(const RoleRequest& role, const Credentials& source);
  // Unsigned: the token is the proof.
  base::Task<Credentials> assume_role_with_web_identity(const RoleRequest& role,
                                                        const base::Secret& token);

 private:
  base::Task<Credentials> call(const RoleRequest& role, http::SecretForm form,
                               const std::string& action, const Credentials* signer);

  const CredentialsContext context_;
};

}  // namespace gatehouse::aws
