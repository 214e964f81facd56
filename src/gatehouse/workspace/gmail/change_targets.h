// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/label_change.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The messages of a change.
struct Targets {
  std::vector<Target> due;           // that it would change
  std::size_t found = 0;             // those included that already are as wanted
  std::size_t drafts = 0;            // left out: Gmail gives no labels to drafts
  bool has_more = false;             // more match than were looked at or are wanted
  std::vector<std::string> missing;  // references to nothing
};

// Messages, and all messages of threads.
google::ApiTask<Targets> targets_of(Services& services, google::TokenSource& tokens,
                                    const LabelChange& change,
                                    const std::vector<MailReference>& items);

// The newest `due_max` that match and would change. Which labels they have is asked by lists, at a
// hundredth of what asking each message costs.
google::ApiTask<Targets> targets_matching(Services& services, google::TokenSource& tokens,
                                          const LabelChange& change, const std::string& query,
                                          std::size_t due_max);

}  // namespace gatehouse::workspace::gmail
