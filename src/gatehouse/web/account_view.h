// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/web/activity.h"

namespace gatehouse::web {

// A session as the account page shows it.
struct ShownSession {
  ShownSession() {}
  vault::OwnSession session;
  std::optional<SessionActivity> activity;
};

// Live sessions that a person takes for one thing: the same name, the answer going to the same
// host. Each Cursor window registers by itself, and a name alone is only a claim.
struct ClientGroup {
  ClientGroup() {}
  std::string name;
  std::string place;  // without port
  std::vector<ShownSession> sessions;
};

struct AccountView {
  AccountView() {}
  bool is_complete = true;  // false: the list could not be read
  std::vector<ClientGroup> clients;
  std::vector<vault::OwnSession> ended;  // the latest first
  base::SystemTime counted_since{};
};

// Whether a person takes both for the same client.
bool is_same_client(const vault::SessionNote& one, const vault::SessionNote& other);

AccountView account_view(std::vector<vault::OwnSession> sessions, const ActivitySource& activity);

}  // namespace gatehouse::web
