// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_change.h"

#include <map>

namespace gatehouse::workspace::gmail {

namespace {

// The labels of the change that the message still needs or still has to lose.
std::uint32_t due(const LabelChange& change, const Target& target) {
  const std::uint32_t add = (1u << change.add.size()) - 1;
  const std::uint32_t remove = ((1u << change.remove.size()) - 1) << change.add.size();
  return (add & ~target.has) | (remove & target.has);
}

}  // namespace

// Gmail's guide to labels names those that may be applied and removed by hand: INBOX, SPAM, TRASH,
// UNREAD, STARRED and IMPORTANT among them. So the bin is a label like the others, which one
// request gives to hundreds, where messages.trash takes one at a time and soon meets the rate
// limit. It leaves INBOX to us.
void LabelChange::take(MailAction action) {
  switch (action) {
    case MailAction::archive:
      remove.emplace_back("INBOX");
      return;
    case MailAction::read:
      remove.emplace_back("UNREAD");
      return;
    case MailAction::unread:
      add.emplace_back("UNREAD");
      return;
    case MailAction::star:
      add.emplace_back("STARRED");
      return;
    case MailAction::unstar:
      remove.emplace_back("STARRED");
      return;
    case MailAction::trash:
      add.emplace_back("TRASH");
      remove.emplace_back("INBOX");
      return;
    case MailAction::untrash:
      add.emplace_back("INBOX");
      remove.emplace_back("TRASH");
      only_with = "TRASH";
      return;
    case MailAction::spam:
      add.emplace_back("SPAM");
      remove.emplace_back("INBOX");
      return;
    case MailAction::not_spam:
      add.emplace_back("INBOX");
      remove.emplace_back("SPAM");
      only_with = "SPAM";
      return;
  }
}

std::vector<std::string> LabelChange::labels() const {
  std::vector<std::string> all = add;
  all.insert(all.end(), remove.begin(), remove.end());
  return all;
}

bool would_change(const LabelChange& change, const Target& target) {
  return due(change, target) != 0;
}

std::vector<LabelEdit> edits_of(const LabelChange& change, const std::vector<Target>& targets) {
  const std::vector<std::string> labels = change.labels();
  std::map<std::uint32_t, LabelEdit> edits;
  for (const Target& target : targets) {
    const std::uint32_t what = due(change, target);
    if (what == 0) continue;
    LabelEdit& edit = edits[what];
    if (edit.messages.empty()) {
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if ((what >> i & 1) != 0)
          (i < change.add.size() ? edit.add : edit.remove).push_back(labels[i]);
      }
    }
    edit.messages.push_back(target.id);
  }
  std::vector<LabelEdit> list;
  for (auto& [what, edit] : edits) list.push_back(std::move(edit));
  return list;
}

}  // namespace gatehouse::workspace::gmail
