// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_cache.h"

#include <cstdint>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kLabelsKey = "labels";

std::string key_of(const std::string& key) { return "summary:" + key; }

// A text of a summary is bounded far below this.
void append_text(base::Secret& out, std::string_view text) {
  base::append_framed(out, shortened(text, base::kFramedBytesMax / 4));
}

std::string take_text(base::FrameReader& reader) { return std::string(reader.framed()); }

base::Secret encode(const Summary& summary) {
  base::Secret out;
  out.reserve(1024);
  for (const std::string* text :
       {&summary.id, &summary.thread_id, &summary.from_name, &summary.from_address, &summary.to,
        &summary.cc, &summary.subject, &summary.snippet, &summary.history_id})
    append_text(out, *text);
  base::append_number(out, summary.label_ids.size(), 2);
  for (const std::string& label : summary.label_ids) append_text(out, label);
  base::append_number(out, static_cast<std::uint64_t>(summary.received), 8);
  base::append_number(out, static_cast<std::uint64_t>(summary.size), 8);
  base::append_number(out, summary.messages, 4);
  base::append_number(out, summary.has_attachment ? 1 : 0, 1);
  return out;
}

std::optional<Summary> decode_summary(std::string_view bytes) {
  base::FrameReader reader(bytes);
  Summary summary;
  for (std::string* text :
       {&summary.id, &summary.thread_id, &summary.from_name, &summary.from_address, &summary.to,
        &summary.cc, &summary.subject, &summary.snippet, &summary.history_id})
    *text = take_text(reader);
  const std::uint64_t labels = reader.number(2);
  for (std::uint64_t i = 0; i < labels && reader.sound(); ++i)
    summary.label_ids.push_back(take_text(reader));
  summary.received = static_cast<std::int64_t>(reader.number(8));
  summary.size = static_cast<std::int64_t>(reader.number(8));
  summary.messages = static_cast<std::size_t>(reader.number(4));
  summary.has_attachment = reader.number(1) == 1;
  if (!reader.sound() || !reader.at_end()) return std::nullopt;
  return summary;
}

}  // namespace

std::optional<Summary> MessageCache::find(const CacheOwner& owner, const std::string& key,
                                          base::SystemTime now) const {
  const auto content = cache_.find(owner, key_of(key), now);
  if (!content) return std::nullopt;
  return decode_summary(content->reveal());
}

void MessageCache::put(const CacheOwner& owner, const std::string& key, const Summary& summary,
                       base::SystemTime now) {
  const base::Secret content = encode(summary);
  cache_.put(owner, key_of(key), content.reveal(), now);
}

void MessageCache::forget(const std::string& user, const std::string& key) {
  cache_.forget(user, key_of(key));
}

std::string MessageCache::as_of(const CacheOwner& owner, base::SystemTime now) const {
  return cache_.note(owner, now);
}

void MessageCache::begin(const CacheOwner& owner, std::string_view history_id,
                         base::SystemTime now) {
  const std::string known = as_of(owner, now);
  if (known.empty() || is_later_history(known, history_id))
    cache_.set_note(owner, std::string(history_id), now);
}

void MessageCache::confirm(const CacheOwner& owner, std::string_view history_id,
                           base::SystemTime now) {
  const std::string known = as_of(owner, now);
  if (!known.empty() && is_later_history(history_id, known))
    cache_.set_note(owner, std::string(history_id), now);
}

std::optional<LabelNames> MessageCache::labels(const CacheOwner& owner,
                                               base::SystemTime now) const {
  const auto content = cache_.find(owner, std::string(kLabelsKey), now);
  if (!content) return std::nullopt;
  base::FrameReader reader(content->reveal());
  LabelNames names;
  while (reader.sound() && !reader.at_end()) {
    std::string id = take_text(reader);
    names[std::move(id)] = take_text(reader);
  }
  if (!reader.sound()) return std::nullopt;
  return names;
}

void MessageCache::put_labels(const CacheOwner& owner, const LabelNames& names,
                              base::SystemTime now) {
  base::Secret content;
  for (const auto& [id, name] : names) {
    append_text(content, id);
    append_text(content, name);
  }
  cache_.put(owner, std::string(kLabelsKey), content.reveal(), now);
}

}  // namespace gatehouse::workspace::gmail
