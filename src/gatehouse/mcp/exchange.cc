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
  if (stream_) {
    stream_->send({message, {}, {}});
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
  if (stream_) {
    stream_->send({message, {}, {}});
  } else {
    notifications_.push_back(std::move(message));
  }
}

void Exchange::settled() {
  if (owed_ > 0) return;
  wake_.cancel();
  if (stream_) stream_->close();
}

base::Coroutine<void> Exchange::settle(std::chrono::steady_clock::time_point limit) {
  if (is_settled()) co_return;
  wake_.expires_at(limit);
  const boost::asio::use_awaitable_t<base::Executor> token;
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(token, woken));
}

std::shared_ptr<http::EventStream> Exchange::open_stream(std::function<void()> on_gone) {
  assert(!stream_);
  stream_ = http::EventStream::create(http::StreamPurpose::answer);
  // Notifications first: none may follow the answer of its request.
  for (const std::string& message : notifications_) stream_->send({message, {}, {}});
  for (const std::string& message : answers_) stream_->send({message, {}, {}});
  notifications_.clear();
  answers_.clear();
  std::weak_ptr<Exchange> weak = weak_from_this();
  stream_->on_closed([weak, on_gone = std::move(on_gone)] {
    const std::shared_ptr<Exchange> exchange = weak.lock();
    if (exchange && !exchange->is_settled()) on_gone();
  });
  if (is_settled()) stream_->close();
  return stream_;
}

}  // namespace gatehouse::mcp
