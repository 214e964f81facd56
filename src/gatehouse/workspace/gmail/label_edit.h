// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Messages that get and lose the same labels, by ids. Taken the other way round it undoes itself,
// when none of them had what it gives and all of them had what it takes.
struct LabelEdit {
  std::vector<std::string> add, remove;
  std::vector<std::string> messages;

  LabelEdit reversed() const { return {remove, add, messages}; }
};

// As it is sealed for an undo: eight bytes for an id of Gmail's usual form.
std::string text_of(const std::vector<LabelEdit>& edits);
std::optional<std::vector<LabelEdit>> parse_edits(std::string_view text);

struct EditOutcome {
  std::size_t changed = 0;
  std::size_t gone = 0;                   // messages that are not there any more
  std::size_t failed = 0;                 // what was not tried any more counts too
  std::vector<LabelEdit> done;            // also what may have happened, for its answer was lost
  std::optional<google::ApiError> error;  // why something failed
};

enum class EditWay {
  in_bulk,     // one request for hundreds, that says nothing of each
  one_by_one,  // so that it is known of each message what became of it
};

// Stops at the first error that is not about a single message. Setting labels that are set already
// changes nothing, so Google may be asked twice.
base::Coroutine<EditOutcome> apply_edits(Services& services, google::TokenSource& tokens,
                                         const std::vector<LabelEdit>& edits, EditWay way);

}  // namespace gatehouse::workspace::gmail
