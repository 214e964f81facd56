// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kLabelsMax = 10'000;
constexpr std::size_t kIdMax = 100;
constexpr std::size_t kNameMax = 225;  // Gmail's own limit
constexpr std::size_t kSuggestionsMax = 5;

// In the order of Gmail's pages.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kSystemNames{
    {{"INBOX", "Inbox"},
     {"UNREAD", "Unread"},
     {"STARRED", "Starred"},
     {"IMPORTANT", "Important"},
     {"SENT", "Sent"},
     {"DRAFT", "Drafts"},
     {"SPAM", "Spam"},
     {"TRASH", "Trash"},
     {"CHAT", "Chats"},
     {"CATEGORY_PERSONAL", "Category/Primary"},
     {"CATEGORY_SOCIAL", "Category/Social"},
     {"CATEGORY_PROMOTIONS", "Category/Promotions"},
     {"CATEGORY_UPDATES", "Category/Updates"},
     {"CATEGORY_FORUMS", "Category/Forums"}}};

std::size_t rank_of(std::string_view id) {
  const auto found = std::find_if(kSystemNames.begin(), kSystemNames.end(),
                                  [&](const auto& known) { return known.first == id; });
  return static_cast<std::size_t>(found - kSystemNames.begin());
}

// Ids stand in requests and in what is sealed for an undo, with spaces and commas between them.
bool is_label_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '^';
  });
}

// Sorts a label before those below it, and both before a neighbour that only begins alike.
std::string tree_key(const Label& label) {
  std::string key = base::to_lower_ascii(label.name);
  std::replace(key.begin(), key.end(), '/', '\1');
  return key;
}

bool comes_before(const Label& a, const Label& b) {
  if (a.is_system != b.is_system) return a.is_system;
  if (a.is_system && rank_of(a.id) != rank_of(b.id)) return rank_of(a.id) < rank_of(b.id);
  return std::pair(tree_key(a), a.id) < std::pair(tree_key(b), b.id);
}

}  // namespace

std::string system_label_name(std::string_view id) {
  const std::size_t rank = rank_of(id);
  if (rank < kSystemNames.size()) return std::string(kSystemNames[rank].second);
  std::string name = base::to_lower_ascii(id);
  std::replace(name.begin(), name.end(), '_', ' ');
  if (!name.empty() && name.front() >= 'a' && name.front() <= 'z')
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
  return name;
}

LabelList LabelList::read(const base::JsonValue& answer) {
  LabelList list;
  const auto labels = answer.find("labels");
  if (!labels) return list;
  for (const base::JsonValue& one : labels->elements()) {
    if (list.labels_.size() >= kLabelsMax) break;
    Label label;
    label.id = std::string(one.find_string("id").value_or(""));
    if (!is_label_id(label.id)) continue;
    label.is_system = one.find_string("type").value_or("") == "system";
    const std::string name = clean_line(one.find_string("name").value_or("")).text;
    label.name =
        label.is_system ? system_label_name(label.id) : std::string(byte_prefix(name, kNameMax));
    list.labels_.push_back(std::move(label));
  }
  std::sort(list.labels_.begin(), list.labels_.end(), &comes_before);
  return list;
}

LabelList::Found LabelList::find(std::string_view name) const {
  const std::string wanted = clean_line(name).text;
  std::vector<const Label*> same;
  for (const Label& label : labels_) {
    if (label.id == wanted) return {label.id, ""};
    if (base::equal_ignoring_case(label.name, wanted)) same.push_back(&label);
  }
  if (same.size() > 1) {
    std::erase_if(same, [&](const Label* label) { return label->name != wanted; });
  }
  if (same.size() == 1) return {same.front()->id, ""};
  if (same.empty()) {
    for (const Label& label : labels_) {
      if (base::equal_ignoring_case(label.name, wanted)) same.push_back(&label);
    }
  }
  if (same.empty()) return {"", unknown(wanted)};
  std::string ids;
  for (const Label* label : same) ids += (ids.empty() ? "" : ", ") + label->id;
  return {"", "More than one label is called \"" + shortened(wanted, 60) +
                  "\". Give one of these ids instead: " + ids + "."};
}

std::string LabelList::unknown(std::string_view name) const {
  const std::string wanted = base::to_lower_ascii(name);
  std::string near;
  std::size_t count = 0;
  for (const Label& label : labels_) {
    const bool is_near =
        !wanted.empty() && base::to_lower_ascii(label.name).find(wanted) != std::string::npos;
    if (!is_near || count == kSuggestionsMax) continue;
    near += (near.empty() ? " Is it one of these? " : ", ") + shortened(label.name, 60);
    ++count;
  }
  return "There is no label \"" + shortened(name, 60) + "\"; gmail_labels lists them all." + near;
}

bool LabelList::holds(std::string_view id) const {
  return std::any_of(labels_.begin(), labels_.end(),
                     [&](const Label& label) { return label.id == id; });
}

std::string LabelList::name_of(std::string_view id) const {
  for (const Label& label : labels_) {
    if (label.id == id) return label.name;
  }
  return rank_of(id) < kSystemNames.size() ? system_label_name(id) : std::string(id);
}

}  // namespace gatehouse::workspace::gmail
