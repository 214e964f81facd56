// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/turnstile.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::base {

// A place among those who wait, given up however the wait ends.
class Turnstile::Place {
 public:
  Place(std::list<Timer*>& waiting, Timer& timer)
      : waiting_(waiting), place_(waiting.insert(waiting.end(), &timer)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { waiting_.erase(place_); }

 private:
  std::list<Timer*>& waiting_;
  std::list<Timer*>::iterator place_;
};

Turnstile::Turn::~Turn() {
  if (turnstile_ != nullptr) turnstile_->leave();
}

// Everybody is woken and looks again: a place that was woken and then cancelled would otherwise
// lose the turn.
void Turnstile::leave() {
  taken_ = false;
  for (Timer* const timer : waiting_) timer->cancel();
}

Coroutine<std::optional<Turnstile::Turn>> Turnstile::enter(std::chrono::milliseconds limit) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, limit);
  const Place place(waiting_, timer);
  const boost::asio::use_awaitable_t<Executor> token;
  while (taken_) {
    boost::system::error_code woken;
    co_await timer.async_wait(boost::asio::redirect_error(token, woken));
    if (!woken && taken_) co_return std::nullopt;
  }
  taken_ = true;
  co_return Turn(*this);
}

}  // namespace gatehouse::base
