// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::workspace {

enum class Ending {
  this_session,  // of this client
  everywhere,    // every client's and every browser's of the same person
};

struct Ended {
  Ended() {}
  bool is_done = false;  // false: try again, it may not have ended
  bool is_revoked_at_google = false;
};

// Ends sessions at the hand of a tool; the gateway implements it. What has ended already is done.
class SessionEnds {
 public:
  virtual ~SessionEnds() = default;
  // A call that is under way is still answered.
  virtual base::Coroutine<Ended> end(const Account& account, Ending ending) = 0;
};

}  // namespace gatehouse::workspace
