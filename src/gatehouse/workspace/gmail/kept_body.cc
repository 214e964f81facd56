// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/kept_body.h"

#include "gatehouse/base/framing.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::workspace::gmail {

namespace {

// Where reading goes on, and how it is shown, as the cursor itself says it.
std::string key_of(const ReadCursor& todo) {
  ReadCursor place;
  place.items = {todo.items.front()};
  place.message = todo.message;
  place.options = todo.options;
  return "body:" + place.text();
}

}  // namespace

std::optional<KeptBody> find_kept_body(const SealedCache& cache, const CacheOwner& owner,
                                       const ReadCursor& todo, base::SystemTime now) {
  const auto content = cache.find(owner, key_of(todo), now);
  if (!content) return std::nullopt;
  base::FrameReader reader(content->reveal());
  KeptBody kept;
  kept.message_id = std::string(reader.framed());
  kept.is_last = reader.number(1) == 1;
  kept.body = std::string(reader.rest());
  if (!reader.sound()) return std::nullopt;
  return kept;
}

void keep_body(SealedCache& cache, const CacheOwner& owner, const ReadCursor& todo,
               const KeptBody& kept, base::SystemTime now) {
  base::Secret content;
  content.reserve(kept.message_id.size() + kept.body.size() + 3);
  base::append_framed(content, kept.message_id);
  base::append_number(content, kept.is_last ? 1 : 0, 1);
  content.append(kept.body);
  cache.put(owner, key_of(todo), content.reveal(), now);
}

}  // namespace gatehouse::workspace::gmail
