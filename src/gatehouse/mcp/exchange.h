// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/event_stream.h"

namespace gatehouse::mcp {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

// One HTTP POST and the answers it is owed. Answers find their way by holding the exchange, never
// by a JSON-RPC id. First they are collected; once a stream is opened they go there, and the stream
// ends with the last of them. Where answers travel apart from their POST they go to a sink instead.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  // What the client of a POST takes: a whole answer only; more than answers, so that it can be told
  // and asked something meanwhile; or a stream that it may leave and come back to.
  enum class Carries { answers, stream, resumable_stream };
  Exchange(const base::Executor& executor, Carries carries) : wake_(executor), carries_(carries) {}

  // One more answer is owed.
  void expect() { ++owed_; }
  // An answer owed is here, or will never come. `status` is what an answer in JSON goes out with.
  void deliver(std::string message, int status = 200);
  void drop();
  // An answer nobody had to wait for.
  void add(std::string message) { answers_.push_back(std::move(message)); }

  // A notification or request of the server that belongs to a request under way. Wants a stream;
  // where there can be none it is dropped.
  void send(std::string message);
  bool can_stream() const { return carries_ != Carries::answers; }
  bool can_resume() const { return carries_ == Carries::resumable_stream; }

  bool is_settled() const { return owed_ == 0; }
  bool wants_stream() const { return hang_up_wanted_ || !unsent_.empty(); }
  int status() const { return status_; }
  const std::vector<std::string>& answers() const { return answers_; }

  // Waits until everything is settled or a stream is wanted, at most until `limit`.
  base::Coroutine<void> settle(std::chrono::steady_clock::time_point limit);

  // The stream's events get ids, `key` and a number, and the first one is empty; so the client can
  // come back for the rest. To be said before the stream is opened, of one that can_resume().
  void make_resumable(std::string key, std::chrono::milliseconds retry);

  // From now on everything goes to this stream, what was collected first. `on_gone` is called when
  // the client closes it before everything is settled.
  std::shared_ptr<http::EventStream> open_stream(std::function<void()> on_gone);
  // A stream with what came after the event of that number, and all that is still to come. Null
  // when some of it is not kept any more.
  std::shared_ptr<http::EventStream> resume(std::uint64_t after);
  // Ends the stream without its answer. Does nothing unless the client can come back.
  void hang_up();

  // From now on every message goes to `sink` as it comes, what was collected first. `on_settled` is
  // called once, after the last; at once if nothing is owed. Both are forgotten then.
  using Sink = std::function<void(std::string message)>;
  void forward_to(Sink sink, std::function<void()> on_settled);

 private:
  struct Numbered {
    std::uint64_t number;
    std::string message;
  };

  void settled();
  void finish();
  void write_to_stream(std::string message);
  void keep(const std::string& message);
  void send_numbered(const Numbered& event);
  void watch(const std::shared_ptr<http::EventStream>& stream, std::function<void()> on_gone);

  Timer wake_;
  const Carries carries_;
  std::size_t owed_ = 0;
  int status_ = 200;
  std::vector<std::string> answers_;
  std::vector<std::string> unsent_;  // from before the stream
  Sink sink_;
  std::function<void()> on_settled_;

  std::shared_ptr<http::EventStream> stream_;  // of a resumable exchange, while it is open
  std::string key_;
  std::chrono::milliseconds retry_{0};
  bool hang_up_wanted_ = false;
  std::uint64_t last_ = 0;
  std::deque<Numbered> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace gatehouse::mcp
