// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/resumable_answers.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kKeyBytes = 12;
constexpr std::size_t kEntriesMax = 256;
constexpr std::size_t kEntriesPerPrincipalMax = 16;
constexpr std::chrono::seconds kKeptAfterSettling(60);
// How long a client waits before it comes back; short, because it waits for an answer.
constexpr std::chrono::milliseconds kRetry(500);

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void ResumableAnswers::add(const std::string& principal, const std::string& session_key,
                           const std::shared_ptr<Exchange>& exchange) {
  forget_old();
  const auto theirs = [&](const Entry& entry) { return entry.principal == principal; };
  const auto count = std::count_if(entries_.begin(), entries_.end(), theirs);
  if (static_cast<std::size_t>(count) >= kEntriesPerPrincipalMax) {
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), theirs));
  } else if (entries_.size() >= kEntriesMax) {
    entries_.pop_front();
  }
  const std::string key = random_.token(kKeyBytes);
  exchange->make_resumable(key, kRetry);
  entries_.push_back({key, principal, session_key, exchange, std::nullopt});
}

std::shared_ptr<http::EventStream> ResumableAnswers::resume(const std::string& principal,
                                                            const std::string& session_key,
                                                            std::string_view last_event_id) {
  forget_old();
  const std::size_t dot = last_event_id.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  const std::string_view key = last_event_id.substr(0, dot);
  const std::optional<std::uint64_t> number = number_of(last_event_id.substr(dot + 1));
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.key == key && entry.principal == principal && entry.session_key == session_key;
  });
  if (!number || found == entries_.end()) return nullptr;
  return found->exchange->resume(*number);
}

void ResumableAnswers::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(entries_, [now](Entry& entry) {
    if (!entry.exchange->is_settled()) return false;
    if (!entry.settled_since) entry.settled_since = now;
    return now - *entry.settled_since > kKeptAfterSettling;
  });
}

}  // namespace gatehouse::mcp
