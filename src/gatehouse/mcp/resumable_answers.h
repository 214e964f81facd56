// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/http/event_stream.h"
#include "gatehouse/mcp/exchange.h"

namespace gatehouse::mcp {

// Answer streams that a client of 2025-11-25 may come back to after a lost connection, by GET with
// Last-Event-ID. Held in this process, for a while after the last event and in bounded number; the
// oldest go first.
class ResumableAnswers {
 public:
  explicit ResumableAnswers(base::Random& random) : random_(random) {}

  void add(const std::string& principal, const std::string& session_key,
           const std::shared_ptr<Exchange>& exchange);

  // The rest of the stream that an event id of ours comes from. Null when there is no such stream
  // of that session any more.
  std::shared_ptr<http::EventStream> resume(const std::string& principal,
                                            const std::string& session_key,
                                            std::string_view last_event_id);

 private:
  struct Entry {
    std::string key;
    std::string principal;
    std::string session_key;
    std::shared_ptr<Exchange> exchange;
    std::optional<std::chrono::steady_clock::time_point> settled_since;
  };
  void forget_old();

  base::Random& random_;
  std::deque<Entry> entries_;
};

}  // namespace gatehouse::mcp
