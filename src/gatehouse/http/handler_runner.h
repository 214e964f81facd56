// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/handler.h"

// Private to the server's own sources.
namespace gatehouse::http {

// A request that waits for its answer.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  // Called once; `response` is meaningless with a failure. May be called from within
  // HandlerRunner::run(), but must not call it again before it has returned.
  virtual void answered(std::exception_ptr failure, Response&& response) = 0;
};

// Runs handlers in coroutines that are kept for the next request: waking one costs a fraction of
// starting one. There are as many as there were handlers at work at once, and up to kIdleMax of
// them stay.
class HandlerRunner : public std::enable_shared_from_this<HandlerRunner> {
 public:
  HandlerRunner(boost::asio::io_context& loop, Handler handler);

  // Runs the handler at once, up to its first wait.
  void run(std::shared_ptr<Exchange> exchange);
  // Lets the idle coroutines go, which would keep the loop from ending, and the busy ones as they
  // finish.
  void retire();

  std::size_t idle_count() const { return idle_.size(); }

 private:
  static constexpr std::size_t kIdleMax = 64;

  using WakeUp = boost::asio::any_completion_handler<void()>;

  // Lives in its coroutine's frame, which `wake` owns while the worker is idle.
  struct Worker {
    std::shared_ptr<Exchange> exchange;
    WakeUp wake;
  };
  struct Rest;

  static base::Coroutine<void> work(std::shared_ptr<HandlerRunner> self,
                                    std::shared_ptr<Exchange> first);

  boost::asio::io_context& loop_;
  const Handler handler_;
  std::vector<Worker*> idle_;
  bool retired_ = false;
};

}  // namespace gatehouse::http
