// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/client.h"

namespace gatehouse::aws {

// What a source of credentials works with. Sources keep a copy; what it refers to outlives them.
struct CredentialsContext {
  std::shared_ptr<const Environment> environment;
  http::Client& client;
  const base::Clock& clock;
  base::Random& random;
  base::Pause pause;
};

}  // namespace gatehouse::aws
