// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cassert>
#include <utility>

namespace gatehouse::mcp {
namespace {

// What is kept for a client that comes back; the answer is the last of it.
constexpr std::size_t kKeptBytesMax = 256 * 1024;

}  // namespace

void Exchange::deliver(std::string message, int status) {
  assert(owed_ > 0);
  --owed_;
  status_ = status;
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

void Exchange::send(std::string message) {
  if (!can_stream()) return;
  if (sink_) return sink_(std::move(message));
  unsent_.push_back(std::move(message));
  wake_.cancel();
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
  if (is_settled() || wants_stream()) co_return;
  wake_.expires_at(limit);
  const boost::asio::use_awaitable_t<base::Executor> token;
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(token, woken));
}

void Exchange::make_resumable(std::string key, std::chrono::milliseconds retry) {
  assert(!sink_ && can_resume());
  key_ = std::move(key);
  retry_ = retry;
}

std::shared_ptr<http::EventStream> Exchange::open_stream(std::function<void()> on_gone) {
  auto stream = http::EventStream::create(http::StreamPurpose::answer);
  watch(stream, std::move(on_gone));
  if (key_.empty()) {
    forward_to(
        [stream](const std::string& message) {
          stream->send({message, {}, {}});
        },
        [stream] { stream->close(); });
    return stream;
  }
  stream_ = stream;
  const std::string first = key_ + ".0";
  stream->send({"", {}, first, retry_});
  // Kept by the exchange itself: `this` is there whenever they are called.
  forward_to([this](std::string message) { write_to_stream(std::move(message)); },
             [this] {
               if (stream_) std::exchange(stream_, nullptr)->close();
             });
  if (hang_up_wanted_) hang_up();
  return stream;
}

void Exchange::watch(const std::shared_ptr<http::EventStream>& stream,
                     std::function<void()> on_gone) {
  stream->on_closed([weak = weak_from_this(), raw = stream.get(), on_gone = std::move(on_gone)] {
    const std::shared_ptr<Exchange> exchange = weak.lock();
    if (!exchange) return;
    if (exchange->stream_.get() == raw) exchange->stream_ = nullptr;
    if (!exchange->is_settled()) on_gone();
  });
}

void Exchange::write_to_stream(std::string message) {
  ++last_;
  keep(message);
  if (stream_) send_numbered({last_, std::move(message)});
}

void Exchange::send_numbered(const Numbered& event) {
  const std::string id = key_ + "." + std::to_string(event.number);
  stream_->send({event.message, {}, id});
}

void Exchange::keep(const std::string& message) {
  kept_bytes_ += message.size();
  kept_.push_back({last_, message});
  while (kept_bytes_ > kKeptBytesMax && kept_.size() > 1) {
    kept_bytes_ -= kept_.front().message.size();
    kept_.pop_front();
  }
}

std::shared_ptr<http::EventStream> Exchange::resume(std::uint64_t after) {
  const std::uint64_t first_kept = kept_.empty() ? last_ + 1 : kept_.front().number;
  if (after > last_ || after + 1 < first_kept) return nullptr;
  if (stream_) std::exchange(stream_, nullptr)->close();
  stream_ = http::EventStream::create(http::StreamPurpose::answer);
  const std::shared_ptr<http::EventStream> stream = stream_;
  watch(stream, [] {});
  for (const Numbered& event : kept_) {
    if (event.number > after) send_numbered(event);
  }
  if (is_settled()) std::exchange(stream_, nullptr)->close();
  return stream;
}

void Exchange::hang_up() {
  if (stream_) return std::exchange(stream_, nullptr)->close();
  if (sink_) return;
  hang_up_wanted_ = can_resume();
  if (hang_up_wanted_) wake_.cancel();
}

void Exchange::forward_to(Sink sink, std::function<void()> on_settled) {
  assert(!sink_);
  sink_ = std::move(sink);
  on_settled_ = std::move(on_settled);
  // Notifications first: none may follow the answer of its request.
  for (std::string& message : std::exchange(unsent_, {})) sink_(std::move(message));
  for (std::string& message : std::exchange(answers_, {})) sink_(std::move(message));
  if (is_settled()) finish();
}

}  // namespace gatehouse::mcp
