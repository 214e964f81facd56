// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/workspace/gmail/read_cursor.h"
#include "gatehouse/workspace/sealed_cache.h"

namespace gatehouse::workspace::gmail {

// The body of a mail that did not fit an answer. It never changes, so whoever reads on within
// minutes gets the rest without another call to Google, and cut where it was.
struct KeptBody {
  std::string message_id;
  bool is_last = true;  // of its item
  std::string body;
};

// Of the message that `todo` goes on in; its offset does not matter.
std::optional<KeptBody> find_kept_body(const SealedCache& cache, const CacheOwner& owner,
                                       const ReadCursor& todo, base::SystemTime now);
void keep_body(SealedCache& cache, const CacheOwner& owner, const ReadCursor& todo,
               const KeptBody& kept, base::SystemTime now);

}  // namespace gatehouse::workspace::gmail
