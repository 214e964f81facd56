// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/handler_runner.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <stdexcept>

namespace gatehouse::http {
namespace {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

class Ask final : public Exchange {
 public:
  explicit Ask(std::string_view path) { request_.path = path; }
  const Request& request() const override { return request_; }
  void answered(std::exception_ptr failure, Response&& response) override {
    ++answers;
    failed = failure != nullptr;
    body = response.body;
  }

  int answers = 0;
  bool failed = false;
  std::string body;

 private:
  Request request_;
};

base::Coroutine<Response> answer(Timer& gate, const Request& request) {
  if (request.path == "/throw") throw std::runtime_error("no");
  if (request.path == "/wait") {
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable_t<base::Executor>());
    auto woken = co_await gate.async_wait(kToken);
    (void)woken;
  }
  co_return text_response(200, std::string(request.path));
}

class HandlerRunnerTest : public testing::Test {
 protected:
  ~HandlerRunnerTest() override { runner_->retire(); }

  std::shared_ptr<Ask> ask(std::string_view path) {
    auto exchange = std::make_shared<Ask>(path);
    runner_->run(exchange);
    loop_.poll();
    return exchange;
  }

  boost::asio::io_context loop_{1};
  Timer gate_{loop_.get_executor(), Timer::time_point::max()};
  std::shared_ptr<HandlerRunner> runner_ = std::make_shared<HandlerRunner>(
      loop_, [this](const Request& request) { return answer(gate_, request); });
};

TEST_F(HandlerRunnerTest, OneCoroutineServesManyRequests) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask("/a")->body, "/a");
  EXPECT_EQ(runner_->idle_count(), 1U);
}

TEST_F(HandlerRunnerTest, WaitingHandlersHaveTheirOwn) {
  auto first = ask("/wait");
  auto second = ask("/wait");
  EXPECT_EQ(ask("/a")->answers, 1);
  EXPECT_EQ(first->answers + second->answers, 0);

  gate_.cancel();
  loop_.poll();
  EXPECT_EQ(first->body, "/wait");
  EXPECT_EQ(second->body, "/wait");
  EXPECT_EQ(runner_->idle_count(), 3U);
}

TEST_F(HandlerRunnerTest, ExceptionIsAnAnswerAndTheCoroutineGoesOn) {
  EXPECT_TRUE(ask("/throw")->failed);
  EXPECT_FALSE(ask("/a")->failed);
  EXPECT_EQ(runner_->idle_count(), 1U);
}

TEST_F(HandlerRunnerTest, HandlerThatThrowsBeforeItIsACoroutineIsAnAnswerToo) {
  auto runner = std::make_shared<HandlerRunner>(
      loop_, [](const Request&) -> base::Coroutine<Response> { throw std::runtime_error("no"); });
  auto exchange = std::make_shared<Ask>("/");
  runner->run(exchange);
  loop_.poll();
  EXPECT_TRUE(exchange->failed);
  runner->retire();
}

TEST_F(HandlerRunnerTest, KeepsABoundedNumber) {
  std::vector<std::shared_ptr<Ask>> asks;
  for (int i = 0; i < 100; ++i) asks.push_back(ask("/wait"));
  gate_.cancel();
  loop_.poll();
  for (const auto& each : asks) EXPECT_EQ(each->answers, 1);
  EXPECT_EQ(runner_->idle_count(), 64U);
}

TEST_F(HandlerRunnerTest, IdleOnesHoldNoExchange) {
  std::weak_ptr<Ask> exchange = ask("/a");
  EXPECT_TRUE(exchange.expired());
}

TEST_F(HandlerRunnerTest, RetiredRunnerLetsTheLoopEnd) {
  ask("/a");
  auto waiting = ask("/wait");
  runner_->retire();
  EXPECT_EQ(runner_->idle_count(), 0U);
  gate_.cancel();
  loop_.restart();
  loop_.run();
  EXPECT_EQ(waiting->answers, 1);
  EXPECT_EQ(runner_->idle_count(), 0U);
}

}  // namespace
}  // namespace gatehouse::http
