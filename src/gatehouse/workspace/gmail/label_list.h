// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"

namespace gatehouse::workspace::gmail {

// A label as people see it.
struct Label {
  std::string id;
  std::string name;  // "Ops/Review"; of Gmail's own labels as Gmail shows them, "Inbox"
  bool is_system = false;
};

// How Gmail shows one of its own labels.
std::string system_label_name(std::string_view id);

// All labels of a mailbox.
class LabelList {
 public:
  // Of the answer to list_labels(): at most 10,000 labels, names clean and bounded.
  static LabelList read(const base::JsonValue& answer);

  // Gmail's own first, then the user's as a tree is read: a label before those below it.
  const std::vector<Label>& in_order() const { return labels_; }

  struct Found {
    std::string id;
    std::string complaint;  // when there is none, or more than one
  };
  // By name, whatever its case, or by id.
  Found find(std::string_view name) const;

  bool holds(std::string_view id) const;
  std::string name_of(std::string_view id) const;  // the id where it is unknown

 private:
  std::string unknown(std::string_view name) const;

  std::vector<Label> labels_;
};

}  // namespace gatehouse::workspace::gmail
