// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

// Gmail's own labels as one letter each, in a fixed order: u unread, s starred, ! important, i
// inbox, t sent, d draft, x spam, b bin.
std::string flags_of(const std::vector<std::string>& label_ids);

// True for labels that users made, whose ids say nothing.
bool is_user_label(std::string_view label_id);

using LabelNames = std::map<std::string, std::string>;  // of user labels, by id

// The user's labels by name, the id where a name is unknown.
std::vector<std::string> user_labels(const std::vector<std::string>& label_ids,
                                     const LabelNames& names);

}  // namespace gatehouse::workspace::gmail
