// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/labels.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::array<std::pair<std::string_view, char>, 8> kFlags{{{"UNREAD", 'u'},
                                                                   {"STARRED", 's'},
                                                                   {"IMPORTANT", '!'},
                                                                   {"INBOX", 'i'},
                                                                   {"SENT", 't'},
                                                                   {"DRAFT", 'd'},
                                                                   {"SPAM", 'x'},
                                                                   {"TRASH", 'b'}}};

}  // namespace

std::string flags_of(const std::vector<std::string>& label_ids) {
  std::string flags;
  for (const auto& [label, letter] : kFlags) {
    if (std::find(label_ids.begin(), label_ids.end(), label) != label_ids.end())
      flags.push_back(letter);
  }
  return flags;
}

bool is_user_label(std::string_view label_id) { return label_id.starts_with("Label_"); }

std::vector<std::string> user_labels(const std::vector<std::string>& label_ids,
                                     const LabelNames& names) {
  std::vector<std::string> found;
  for (const std::string& id : label_ids) {
    if (!is_user_label(id)) continue;
    const auto name = names.find(id);
    found.push_back(name == names.end() ? id : name->second);
  }
  return found;
}

}  // namespace gatehouse::workspace::gmail
