// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The names of the user's labels, from the cache or from Gmail; none when Gmail does not answer,
// for then the ids will do.
base::Coroutine<LabelNames> label_names(Services& services, google::TokenSource& tokens);

}  // namespace gatehouse::workspace::gmail
