// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
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

// What can be done about a call that Google refused because it was not allowed to serve it.
struct Remedy {
  Remedy() {}
  bool allowed_meanwhile = false;  // the next call will do
  std::string consent_url;         // where the person can allow it; empty: by connecting anew
};

// The caller as the tools see them. The gateway implements it; there is exactly one account per
// caller.
class Account : public mcp::Caller {
 public:
  virtual google::TokenSource& tokens() const = 0;
  virtual google::ApiTask<Profile> profile() const = 0;
  // `scope` is the one of ours that the call needs, and that the caller has; empty for a call that
  // only needs to know the account.
  virtual base::Coroutine<Remedy> remedy(const std::string& scope) const;
};

// Every caller that reaches a Workspace tool is an Account; asserted.
const Account& account_of(const mcp::Caller& caller);

}  // namespace gatehouse::workspace
