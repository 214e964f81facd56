// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/sent_mail.h"

#include <algorithm>
#include <utility>

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::chrono::seconds kHour{3600};

}  // namespace

std::optional<SentMail::Entry> SentMail::find(const std::string& request,
                                              base::SystemTime now) const {
  const auto found = by_request_.find(request);
  if (found == by_request_.end()) return std::nullopt;
  const Entry& entry = found->second->entry;
  if (entry.since + limits_.lifetime <= now) return std::nullopt;
  return entry;
}

std::chrono::seconds SentMail::wait_of(const std::string& user, base::SystemTime now) const {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return std::chrono::seconds(0);
  const auto& times = found->second;
  if (times.size() < limits_.sends_per_user_and_hour) return std::chrono::seconds(0);
  const base::SystemTime oldest = times[times.size() - limits_.sends_per_user_and_hour];
  return std::max(std::chrono::seconds(0), oldest + kHour - now);
}

void SentMail::begin(const std::string& user, const std::string& request, std::string content,
                     base::SystemTime now) {
  begin_also(request, std::move(content), now);
  std::deque<base::SystemTime>& times = by_user_[user];
  times.push_back(now);
  while (times.size() > limits_.sends_per_user_and_hour) times.pop_front();
}

void SentMail::begin_also(const std::string& request, std::string content, base::SystemTime now) {
  drop_old(now);
  const auto known = by_request_.find(request);
  if (known != by_request_.end()) entries_.erase(known->second);
  Entry entry;
  entry.content = std::move(content);
  entry.since = now;
  entries_.push_back({request, std::move(entry)});
  by_request_[request] = std::prev(entries_.end());
}

void SentMail::drop_old(base::SystemTime now) {
  while (!entries_.empty() && (entries_.size() >= limits_.entries_max ||
                               entries_.front().entry.since + limits_.lifetime <= now)) {
    by_request_.erase(entries_.front().request);
    entries_.pop_front();
  }
  if (by_user_.size() < limits_.users_max) return;
  std::erase_if(by_user_, [now](const auto& user) { return user.second.back() + kHour <= now; });
  if (by_user_.size() >= limits_.users_max) by_user_.erase(by_user_.begin());
}

SentMail::Claim::~Claim() {
  if (is_settled_) return;
  const auto found = mail_.by_request_.find(request_);
  if (found == mail_.by_request_.end()) return;
  found->second->entry.state = State::unknown;
  found->second->entry.since = clock_.now();
}

void SentMail::Claim::sent(std::string id, std::string thread_id, std::string draft_id) {
  is_settled_ = true;
  const auto found = mail_.by_request_.find(request_);
  if (found == mail_.by_request_.end()) return;
  Entry& entry = found->second->entry;
  entry.state = State::sent;
  entry.id = std::move(id);
  entry.thread_id = std::move(thread_id);
  entry.draft_id = std::move(draft_id);
}

void SentMail::Claim::not_sent() {
  is_settled_ = true;
  const auto found = mail_.by_request_.find(request_);
  if (found == mail_.by_request_.end()) return;
  mail_.entries_.erase(found->second);
  mail_.by_request_.erase(found);
}

}  // namespace gatehouse::workspace::gmail
