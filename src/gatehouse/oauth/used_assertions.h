// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::oauth {

// Which assertions (`jti`) were shown to us, on any replica: a TXN# record remembers each until it
// would be refused anyway.
class UsedAssertions {
 public:
  UsedAssertions(vault::RecordVault& records, telemetry::Log& log) : records_(records), log_(log) {}

  enum class Use { first, again, unknown };  // unknown: not now, and nothing was noted

  // `chosen_by` says in whose assertions the id is unique; it has no line feed.
  base::Coroutine<Use> note(std::string_view chosen_by, std::string_view id, base::SystemTime until,
                            const telemetry::RequestTrace& trace);

 private:
  vault::RecordVault& records_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
