// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {

enum class SessionFormat { table, json };

// `gatehouse sessions list`: one line per grant.
int list_sessions(const Config& config, SessionFormat format);

// Whose sessions to end; exactly one is given.
struct SessionChoice {
  SessionChoice() {}
  std::string grant;    // id of one grant
  std::string user;     // hash as in logs and lists, or at least its first 12 characters
  std::string subject;  // Google's id of the account
  bool all = false;
};

// `gatehouse sessions revoke`: they end at their next request on every replica.
int revoke_sessions(const Config& config, const SessionChoice& choice);

}  // namespace gatehouse::gateway
