// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "gatehouse/base/clock.h"

namespace gatehouse::workspace::gmail {

struct SentMailLimits {
  std::size_t entries_max = 5'000;
  std::size_t users_max = 2'000;
  std::chrono::seconds lifetime{24 * 3600};
  std::size_t sends_per_user_and_hour = 60;
};

// What this process has sent lately, or drafted, so that it does nothing twice, and how much each
// user has sent.
// Google's own memory of a mail, which lookups ask, becomes visible only after a moment; this does
// at once. Loop thread only.
class SentMail {
 public:
  enum class State { sending, sent, unknown };
  struct Entry {
    State state = State::sending;
    std::string content;  // digest of what was to be sent
    std::string id;       // Google's, once sent
    std::string thread_id;
    std::string draft_id;      // of what was only drafted
    base::SystemTime since{};  // of this state
  };

  explicit SentMail(SentMailLimits limits = {}) : limits_(limits) {}

  std::optional<Entry> find(const std::string& request, base::SystemTime now) const;

  // How long this user has to wait before the next mail; zero: not at all.
  std::chrono::seconds wait_of(const std::string& user, base::SystemTime now) const;

  // Claims a request while it is being sent. Unless told otherwise its outcome is unknown.
  class Claim {
   public:
    Claim(SentMail& mail, std::string request, const base::Clock& clock)
        : mail_(mail), request_(std::move(request)), clock_(clock) {}
    Claim(Claim&&) = delete;
    ~Claim();
    void sent(std::string id, std::string thread_id, std::string draft_id = "");
    void not_sent();  // for certain

   private:
    SentMail& mail_;
    const std::string request_;
    const base::Clock& clock_;
    bool is_settled_ = false;
  };
  void begin(const std::string& user, const std::string& request, std::string content,
             base::SystemTime now);
  // Another name of what was just begun, which is claimed and forgotten by itself.
  void begin_also(const std::string& request, std::string content, base::SystemTime now);

 private:
  struct Kept {
    std::string request;
    Entry entry;
  };

  void drop_old(base::SystemTime now);

  SentMailLimits limits_;
  std::list<Kept> entries_;  // oldest first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_request_;
  std::unordered_map<std::string, std::deque<base::SystemTime>> by_user_;
};

}  // namespace gatehouse::workspace::gmail
