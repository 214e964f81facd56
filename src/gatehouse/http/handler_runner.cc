// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/handler_runner.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <cassert>
#include <utility>

namespace gatehouse::http {

// Puts the worker among the idle ones once its coroutine is suspended.
struct HandlerRunner::Rest {
  Rest(HandlerRunner& its_runner, Worker& its_worker) : runner(&its_runner), worker(&its_worker) {}

  template <class WakeHandler>
  void operator()(WakeHandler&& wake) {
    WakeUp handler(std::forward<WakeHandler>(wake));
    worker->wake.swap(handler);  // Boost 1.81's move assignment calls itself for ever
    runner->idle_.push_back(worker);
  }

  HandlerRunner* runner;
  Worker* worker;
};

HandlerRunner::HandlerRunner(boost::asio::io_context& loop, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  idle_.reserve(kIdleMax);
}

void HandlerRunner::run(std::shared_ptr<Exchange> exchange) {
  if (idle_.empty()) {
    boost::asio::co_spawn(loop_.get_executor(), work(shared_from_this(), std::move(exchange)),
                          [](std::exception_ptr failure) {
                            if (failure)
                              std::rethrow_exception(failure);  // out of memory: the loop ends
                          });
    return;
  }
  Worker* const worker = idle_.back();
  idle_.pop_back();
  worker->exchange = std::move(exchange);
  WakeUp wake;
  wake.swap(worker->wake);
  std::move(wake)();
}

void HandlerRunner::retire() {
  retired_ = true;
  while (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    WakeUp frame;
    frame.swap(worker->wake);  // the worker goes with it
  }
}

base::Coroutine<void> HandlerRunner::work(std::shared_ptr<HandlerRunner> self,
                                          std::shared_ptr<Exchange> first) {
  Worker worker;
  worker.exchange = std::move(first);
  while (true) {
    const Request& request = worker.exchange->request();
    std::exception_ptr failure;
    Response response;
    try {
      auto answer = co_await self->handler_(request);
      response = std::move(answer);
    } catch (...) {
      failure = std::current_exception();
    }
    worker.exchange->answered(failure, std::move(response));
    worker.exchange.reset();
    if (self->retired_ || self->idle_.size() >= kIdleMax) co_return;

    Rest rest(*self, worker);
    auto rested = boost::asio::async_initiate<const boost::asio::deferred_t&, void()>(
        std::move(rest), boost::asio::deferred);
    co_await std::move(rested);
  }
}

}  // namespace gatehouse::http
