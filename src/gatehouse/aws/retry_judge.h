// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::aws {

enum class Remedy {
  none,               // asking again gives the same
  wait,               // a fault that passes
  wait_longer,        // AWS asks to slow down
  renew_credentials,  // these are expired or unknown
  correct_clock,      // our signatures bear a wrong time
};

struct Verdict {
  Remedy remedy = Remedy::none;
  base::Errc code = base::Errc::internal;  // of the call, when the remedy does not help
};

// What to make of an answer with an error status, by the lists of AWS's SDKs.
Verdict judge(int status, std::string_view type, std::string_view message);

}  // namespace gatehouse::aws
