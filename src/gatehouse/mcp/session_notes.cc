// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/session_notes.h"

#include <algorithm>
#include <cstddef>

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kNotesMax = 16 * 1024;
constexpr std::size_t kWatchedMax = 64;

// A session key has no space.
std::string name_of(const std::string& principal, const std::string& session_key) {
  return session_key + " " + principal;
}

}  // namespace

SessionNotes::Note& SessionNotes::note_of(const std::string& principal,
                                          const std::string& session_key) {
  const std::string name = name_of(principal, session_key);
  const auto [found, added] = notes_.try_emplace(name);
  if (!added) return found->second;
  oldest_first_.push_back(name);
  if (oldest_first_.size() > kNotesMax) {
    notes_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return notes_[name];
}

const SessionNotes::Note* SessionNotes::find(const std::string& principal,
                                             const std::string& session_key) const {
  const auto found = notes_.find(name_of(principal, session_key));
  return found == notes_.end() ? nullptr : &found->second;
}

void SessionNotes::set_log_level(const std::string& principal, const std::string& session_key,
                                 LogLevel level) {
  note_of(principal, session_key).level = level;
}

LogLevel SessionNotes::log_level(const std::string& principal,
                                 const std::string& session_key) const {
  const Note* note = find(principal, session_key);
  return note == nullptr ? LogLevel::info : note->level;
}

bool SessionNotes::subscribe(const std::string& principal, const std::string& session_key,
                             const std::string& uri) {
  Note& note = note_of(principal, session_key);
  if (note.watched.size() >= kWatchedMax && !note.watched.contains(uri)) return false;
  note.watched.insert(uri);
  return true;
}

void SessionNotes::unsubscribe(const std::string& principal, const std::string& session_key,
                               const std::string& uri) {
  const auto found = notes_.find(name_of(principal, session_key));
  if (found != notes_.end()) found->second.watched.erase(uri);
}

bool SessionNotes::watches(const std::string& principal, const std::string& session_key,
                           const std::string& uri) const {
  const Note* note = find(principal, session_key);
  return note != nullptr && note->watched.contains(uri);
}

void SessionNotes::forget(const std::string& principal, const std::string& session_key) {
  const std::string name = name_of(principal, session_key);
  if (notes_.erase(name) > 0) std::erase(oldest_first_, name);
}

}  // namespace gatehouse::mcp
