// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

// What legacy sessions asked of this process after they were opened: how much log they want, which
// resources they watch. Comforts, not state: a session that is served elsewhere, or has been
// forgotten here, goes on with the defaults.
class SessionNotes {
 public:
  void set_log_level(const std::string& principal, const std::string& session_key, LogLevel level);
  // `info` unless the session said otherwise.
  LogLevel log_level(const std::string& principal, const std::string& session_key) const;

  // False when the session watches too many already.
  bool subscribe(const std::string& principal, const std::string& session_key,
                 const std::string& uri);
  void unsubscribe(const std::string& principal, const std::string& session_key,
                   const std::string& uri);
  bool watches(const std::string& principal, const std::string& session_key,
               const std::string& uri) const;

  void forget(const std::string& principal, const std::string& session_key);

 private:
  struct Note {
    LogLevel level = LogLevel::info;
    std::set<std::string> watched;
  };
  Note& note_of(const std::string& principal, const std::string& session_key);
  const Note* find(const std::string& principal, const std::string& session_key) const;

  std::unordered_map<std::string, Note> notes_;
  std::deque<std::string> oldest_first_;
};

}  // namespace gatehouse::mcp
