// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/refusal_log.h"

#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {

using telemetry::Field;

void log_refusal(telemetry::Log& log, std::string_view event, const Rejection& rejection,
                 std::string_view client) {
  const std::string_view reason = wire_name(rejection.reason);
  const std::string_view detail = rejection.description;
  if (client.empty()) {
    log.info(event, {{Field::reason, reason}, {Field::detail, detail}});
  } else {
    log.info(event, {{Field::client, client}, {Field::reason, reason}, {Field::detail, detail}});
  }
}

}  // namespace gatehouse::oauth
