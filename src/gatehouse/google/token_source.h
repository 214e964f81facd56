// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::google {

// One caller's Google credential, as the API client needs it. Every Google call uses the calling
// user's own.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  // Names the user for limiters; opaque.
  virtual const std::string& user_key() const = 0;

  // A token that should be good for at least a minute. Kinds: reconsent_needed, google_unavailable.
  virtual ApiTask<base::Secret> access_token() = 0;

  // After Google answered 401 to `rejected`: a token newer than that one.
  virtual ApiTask<base::Secret> renewed_token(const base::Secret& rejected) = 0;

  // The request on whose behalf Google is called.
  virtual const telemetry::RequestTrace& trace() const { return telemetry::RequestTrace::none(); }

  // The scopes Google granted, short names without https://www.googleapis.com/auth/.
  virtual const std::vector<std::string>& granted_scopes() const = 0;
};

}  // namespace gatehouse::google
