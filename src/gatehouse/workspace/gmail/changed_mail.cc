// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/changed_mail.h"

#include <algorithm>

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::chrono::seconds kHour{3600};

// Where a user's changes count that nobody was asked about.
std::string unasked(const std::string& user) { return user + " unasked"; }

}  // namespace

std::size_t ChangedMail::Kept::bytes() const {
  return sizeof(Kept) + 2 * request.size() + entry.content.size() + entry.undo.size();
}

std::optional<ChangedMail::Entry> ChangedMail::find(const std::string& request,
                                                    base::SystemTime now) const {
  const auto found = by_request_.find(request);
  if (found == by_request_.end()) return std::nullopt;
  const Entry& entry = found->second->entry;
  if (entry.since + limits_.lifetime <= now) return std::nullopt;
  return entry;
}

void ChangedMail::put(const std::string& request, Entry entry) {
  erase(request);
  drop_old(entry.since);
  entries_.push_back({request, std::move(entry)});
  by_request_[request] = std::prev(entries_.end());
  bytes_ += entries_.back().bytes();
}

void ChangedMail::erase(const std::string& request) {
  const auto found = by_request_.find(request);
  if (found == by_request_.end()) return;
  bytes_ -= found->second->bytes();
  entries_.erase(found->second);
  by_request_.erase(found);
}

void ChangedMail::drop_old(base::SystemTime now) {
  const auto is_over = [&] {
    return entries_.size() >= limits_.entries_max || bytes_ > limits_.bytes_max ||
           entries_.front().entry.since + limits_.lifetime <= now;
  };
  while (!entries_.empty() && is_over()) {
    bytes_ -= entries_.front().bytes();
    by_request_.erase(entries_.front().request);
    entries_.pop_front();
  }
}

ChangedMail::Claim::Claim(ChangedMail& mail, std::string request, std::string content,
                          base::SystemTime now)
    : mail_(mail), request_(std::move(request)) {
  if (request_.empty()) return;
  Entry entry;
  entry.content = std::move(content);
  entry.since = now;
  mail_.put(request_, std::move(entry));
}

ChangedMail::Claim::~Claim() {
  if (!is_settled_) mail_.erase(request_);
}

void ChangedMail::Claim::done(std::size_t count, std::string undo, base::SystemTime now) {
  is_settled_ = true;
  const auto found = mail_.by_request_.find(request_);
  if (found == mail_.by_request_.end()) return;
  Entry entry = found->second->entry;
  entry.is_done = true;
  entry.count = count;
  entry.undo = std::move(undo);
  entry.since = now;
  mail_.put(request_, std::move(entry));
}

std::chrono::seconds ChangedMail::wait_of(const std::string& user, std::size_t messages,
                                          base::SystemTime now) const {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return std::chrono::seconds(0);
  std::size_t total = messages;
  std::chrono::seconds wait{0};
  // From the latest back: the first that makes it too many has to become old.
  for (auto change = found->second.rbegin(); change != found->second.rend(); ++change) {
    if (change->first + kHour <= now) break;
    total += change->second;
    if (total <= limits_.messages_per_user_and_hour) continue;
    wait = std::chrono::ceil<std::chrono::seconds>(change->first + kHour - now);
    break;
  }
  return wait;
}

bool ChangedMail::may_go_unasked(const std::string& user, std::size_t messages,
                                 base::SystemTime now) const {
  if (messages > limits_.unasked_at_once) return false;
  const auto found = by_user_.find(unasked(user));
  if (found == by_user_.end()) return true;
  std::size_t total = messages;
  for (const auto& [when, count] : found->second) total += when + kHour > now ? count : 0;
  return total <= limits_.unasked_per_user_and_hour;
}

void ChangedMail::note(const std::string& user, std::size_t messages, Asked asked,
                       base::SystemTime now) {
  add(user, messages, now);
  if (asked == Asked::no) add(unasked(user), messages, now);
}

void ChangedMail::add(const std::string& who, std::size_t messages, base::SystemTime now) {
  if (by_user_.size() >= limits_.users_max) {
    std::erase_if(by_user_,
                  [&](const auto& one) { return one.second.back().first + kHour <= now; });
    if (by_user_.size() >= limits_.users_max) by_user_.erase(by_user_.begin());
  }
  Changes& changes = by_user_[who];
  while (!changes.empty() && changes.front().first + kHour <= now) changes.pop_front();
  // A minute's changes count as one, so that nobody's list grows long.
  const bool is_same_minute =
      !changes.empty() && changes.back().first + std::chrono::seconds(60) > now;
  if (is_same_minute) {
    changes.back().second += messages;
  } else {
    changes.emplace_back(now, messages);
  }
}

}  // namespace gatehouse::workspace::gmail
