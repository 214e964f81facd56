// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
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
  explicit Exchange(const base::Executor& executor) : wake_(executor) {}

  // One more answer is owed.
  void expect() { ++owed_; }
  // An answer owed is here, or will never come.
  void deliver(std::string message);
  void drop();
  // An answer nobody had to wait for.
  void add(std::string message) { answers_.push_back(std::move(message)); }

  // Of a request under way. Kept for the stream; an answer in JSON goes without it.
  void notify(std::string message);

  bool is_settled() const { return owed_ == 0; }
  const std::vector<std::string>& answers() const { return answers_; }

  // Waits until everything is settled, at most until `limit`.
  base::Coroutine<void> settle(std::chrono::steady_clock::time_point limit);

  // From now on everything goes to this stream, what was collected first. `on_gone` is called when
  // the client closes it before everything is settled.
  std::shared_ptr<http::EventStream> open_stream(std::function<void()> on_gone);

  // From now on every message goes to `sink` as it comes, what was collected first. `on_settled` is
  // called once, after the last; at once if nothing is owed. Both are forgotten then.
  using Sink = std::function<void(std::string message)>;
  void forward_to(Sink sink, std::function<void()> on_settled);

 private:
  void settled();
  void finish();

  Timer wake_;
  std::size_t owed_ = 0;
  std::vector<std::string> answers_;
  std::vector<std::string> notifications_;  // from before the stream
  Sink sink_;
  std::function<void()> on_settled_;
};

}  // namespace gatehouse::mcp
