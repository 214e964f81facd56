// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/workspace/gmail/label_edit.h"

namespace gatehouse::workspace::gmail {

// In the order of the argument's choices.
enum class MailAction { archive, read, unread, star, unstar, trash, untrash, spam, not_spam };

// What is to become of messages, in label ids; no label is in both lists.
struct LabelChange {
  static constexpr std::size_t kLabelsMax = 10;  // of each list

  std::vector<std::string> add, remove;
  std::string only_with;  // only of messages that have this label; empty: of all

  void take(MailAction action);
  // All of them, `add` first.
  std::vector<std::string> labels() const;
};

// A message and which labels of a change it has: bit i for the i-th of LabelChange::labels().
struct Target {
  std::string id;
  std::uint32_t has = 0;
};

// Whether anything about the message would be another afterwards.
bool would_change(const LabelChange& change, const Target& target);

// What does to each message only what it still needs.
std::vector<LabelEdit> edits_of(const LabelChange& change, const std::vector<Target>& targets);

}  // namespace gatehouse::workspace::gmail
