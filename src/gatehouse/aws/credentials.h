// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"

namespace gatehouse::aws {

// What signs a request (SigV4). Long-lived keys have neither token nor end.
struct Credentials {
  Credentials() {}
  std::string access_key_id;  // names the key; not secret, but not logged either
  base::Secret secret_access_key;
  base::Secret session_token;  // empty: none
  std::optional<base::SystemTime> expires;
  std::string source;  // for operators: "environment", "profile reports", "container", ...

  Credentials clone() const;
};

// One place where credentials may come from. Errc::not_found: nothing is configured there, look at
// the next one. Any other error ends the search: something is configured there and does not work;
// the detail says what and what to do.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  virtual base::Task<Credentials> fetch() = 0;
};

}  // namespace gatehouse::aws
