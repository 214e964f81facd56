// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "gatehouse/base/clock.h"

namespace gatehouse::workspace::gmail {

struct ChangedMailLimits {
  std::size_t entries_max = 2'000;
  std::size_t bytes_max = 1024 * 1024;
  std::size_t users_max = 2'000;
  std::chrono::seconds lifetime{24 * 3600};
  std::size_t messages_per_user_and_hour = 3'000;
  std::size_t unasked_at_once = 50;  // that the user need not be asked about
  std::size_t unasked_per_user_and_hour = 300;
};

// What this process has changed lately, so that a repeated request is answered and not done again,
// and how much each user has. Changing labels twice changes nothing, so forgetting costs only the
// handle of the first time. Loop thread only.
class ChangedMail {
 public:
  // What is told again of a request.
  struct Entry {
    std::string content;   // digest of what was wanted
    bool is_done = false;  // false while it is being made
    std::size_t count = 0;
    std::string undo;
    base::SystemTime since{};
  };

  explicit ChangedMail(ChangedMailLimits limits = {}) : limits_(limits) {}

  std::optional<Entry> find(const std::string& request, base::SystemTime now) const;

  // Claims a request while it is made; an empty name claims nothing. Unless it is done in the end,
  // it never was.
  class Claim {
   public:
    Claim(ChangedMail& mail, std::string request, std::string content, base::SystemTime now);
    Claim(Claim&&) = delete;
    ~Claim();
    void done(std::size_t count, std::string undo, base::SystemTime now);

   private:
    ChangedMail& mail_;
    const std::string request_;
    bool is_settled_ = false;
  };

  // How long this user has to wait before so many more; zero: not at all.
  std::chrono::seconds wait_of(const std::string& user, std::size_t messages,
                               base::SystemTime now) const;
  // Whether this user need not be asked about so many more.
  bool may_go_unasked(const std::string& user, std::size_t messages, base::SystemTime now) const;

  enum class Asked { yes, no };
  void note(const std::string& user, std::size_t messages, Asked asked, base::SystemTime now);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string request;
    Entry entry;
    std::size_t bytes() const;
  };
  using Changes = std::deque<std::pair<base::SystemTime, std::size_t>>;

  void add(const std::string& who, std::size_t messages, base::SystemTime now);
  void put(const std::string& request, Entry entry);
  void erase(const std::string& request);
  void drop_old(base::SystemTime now);

  ChangedMailLimits limits_;
  std::list<Kept> entries_;  // oldest first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_request_;
  std::unordered_map<std::string, Changes> by_user_;
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::workspace::gmail
