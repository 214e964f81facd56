// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cassert>
#include <utility>

namespace gatehouse::mcp {

void Exchange::deliver(std::string message) {
  assert(owed_ > 0);
  --owed_;
  if (sink_) {
    sink_(std::move(message));
  } else {
    add(std::move(message));
  }
  settled();
}

void Exchange::drop() {
  assert(owed_ > 0);
  --owed_;
  settled();
}

void Exchange::notify(std::string message) {
  if (sink_) {
    sink_(std::move(message));
  } else {
    notifications_.push_back(std::move(message));
  }
}

void Exchange::settled() {
  if (owed_ > 0) return;
  wake_.cancel();
  if (sink_) finish();
}

void Exchange::finish() {
  sink_ = nullptr;
  const std::function<void()> on_settled = std::exchange(on_settled_, nullptr);
  on_settled();
}

base::Coroutine<void> Exchange::settle(std::chrono::steady_clock::time_point limit) {
  if (is_settled()) co_return;
  wake_.expires_at(limit);
  const boost::asio::use_awaitable_t<base::Executor> token;
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(token, woken));
}

std::shared_ptr<http::EventStream> Exchange::open_stream(std::function<void()> on_gone) {
  auto stream = http::EventStream::create(http::StreamPurpose::answer);
  std::weak_ptr<Exchange> weak = weak_from_this();
  stream->on_closed([weak, on_gone = std::move(on_gone)] {
    const std::shared_ptr<Exchange> exchange = weak.lock();
    if (exchange && !exchange->is_settled()) on_gone();
  });
  forward_to(
      [stream](const std::string& message) {
        stream->send({message, {}, {}});
      },
      [stream] { stream->close(); });
  return stream;
}

void Exchange::forward_to(Sink sink, std::function<void()> on_settled) {
  assert(!sink_);
  sink_ = std::move(sink);
  on_settled_ = std::move(on_settled);
  // Notifications first: none may follow the answer of its request.
  for (std::string& message : std::exchange(notifications_, {})) sink_(std::move(message));
  for (std::string& message : std::exchange(answers_, {})) sink_(std::move(message));
  if (is_settled()) finish();
}

}  // namespace gatehouse::mcp
