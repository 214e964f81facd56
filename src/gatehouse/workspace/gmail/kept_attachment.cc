// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/kept_attachment.h"

#include <string>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::workspace::gmail {

namespace {

std::string key_of(const AttachmentPlan& plan) {
  return "file:" + plan.handle.text() + " " + plan.pages;
}

}  // namespace

std::optional<KeptAttachment> find_kept_attachment(const SealedCache& cache,
                                                   const CacheOwner& owner,
                                                   const AttachmentPlan& plan,
                                                   base::SystemTime now) {
  if (plan.offset == 0) return std::nullopt;
  const auto content = cache.find(owner, key_of(plan), now);
  if (!content) return std::nullopt;
  base::FrameReader reader(content->reveal());
  KeptAttachment kept;
  kept.declared.name = std::string(reader.framed());
  kept.declared.mime = std::string(reader.framed());
  kept.declared.charset = std::string(reader.framed());
  kept.size = static_cast<std::size_t>(reader.number(8));
  kept.format = static_cast<extract::Format>(reader.number(1));
  AttachmentText& text = kept.text;
  for (std::size_t* number :
       {&text.pages, &text.hidden_characters, &text.invisible_characters, &text.misleading_links})
    *number = static_cast<std::size_t>(reader.number(8));
  text.cut = reader.number(1) == 1;
  text.text = std::string(reader.rest());
  if (!reader.sound()) return std::nullopt;
  return kept;
}

void keep_attachment(SealedCache& cache, const CacheOwner& owner, const AttachmentPlan& plan,
                     const KeptAttachment& kept, base::SystemTime now) {
  const AttachmentText& text = kept.text;
  base::Secret content;
  content.reserve(text.text.size() + 2048);
  for (const std::string* word : {&kept.declared.name, &kept.declared.mime, &kept.declared.charset})
    base::append_framed(content, std::string_view(*word).substr(0, base::kFramedBytesMax));
  base::append_number(content, kept.size, 8);
  base::append_number(content, static_cast<std::uint64_t>(kept.format), 1);
  for (const std::size_t number :
       {text.pages, text.hidden_characters, text.invisible_characters, text.misleading_links})
    base::append_number(content, number, 8);
  base::append_number(content, text.cut ? 1 : 0, 1);
  content.append(text.text);
  cache.put(owner, key_of(plan), content.reveal(), now);
}

}  // namespace gatehouse::workspace::gmail
