// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>

namespace gatehouse::http {

using Instant = std::chrono::steady_clock::time_point;

// The steady clock to a few milliseconds, for the price of a memory read.
Instant coarse_now();

struct DeadlineTag;
using DeadlineHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<DeadlineTag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// What may run out of time. Waits in at most one list and leaves it when it is destroyed.
class Timed : public DeadlineHook {
 public:
  virtual ~Timed() = default;
  virtual void on_deadline() = 0;
  void stop_clock() { DeadlineHook::unlink(); }
  bool is_timed() const { return DeadlineHook::is_linked(); }

 private:
  friend class DeadlineList;
  Instant due_;
};

// Deadlines of one length, so the order of starting is the order of falling due: starting,
// restarting and stopping cost a few instructions, and one coarse tick of the loop serves all of
// them.
class DeadlineList {
 public:
  explicit DeadlineList(std::chrono::milliseconds length) : length_(length) {}
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  // Takes `timed` out of the list it is in and starts its time anew.
  void start(Timed& timed, Instant now);

  // Calls on_deadline() of up to `most` that are due, each taken out first. Callbacks may start and
  // stop any.
  void expire(Instant now, std::size_t most);

  bool empty() const { return waiting_.empty(); }
  Timed* first() { return waiting_.empty() ? nullptr : &waiting_.front(); }
  std::chrono::milliseconds length() const { return length_; }

 private:
  using Waiting = boost::intrusive::list<Timed, boost::intrusive::base_hook<DeadlineHook>,
                                         boost::intrusive::constant_time_size<false>>;

  std::chrono::milliseconds length_;
  Waiting waiting_;
};

}  // namespace gatehouse::http
