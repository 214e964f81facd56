// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/mcp/caller.h"

namespace gatehouse::workspace {

struct Profile {
  Profile() {}
  std::string email;
  std::string name;
  std::string domain;                       // hosted domain
  std::vector<std::string> granted_scopes;  // at Google, short names
  base::SystemTime signed_in_at{};
  base::SystemTime sign_in_again_at{};  // seven days later at the latest
  std::string client_name;
};

// The caller as the tools see them. The gateway implements it; there is exactly one account per
// caller.
class Account : public mcp::Caller {
 public:
  virtual google::TokenSource& tokens() const = 0;
  virtual google::ApiTask<Profile> profile() const = 0;
};

// Every caller that reaches a Workspace tool is an Account; asserted.
const Account& account_of(const mcp::Caller& caller);

}  // namespace gatehouse::workspace
