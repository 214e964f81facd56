// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::mcp {

// The answers of one POST on their way to a stream that another replica holds: one letter at a
// time, in order. What cannot be delivered is logged and lost, because the POST has been answered.
class RelayedAnswers : public std::enable_shared_from_this<RelayedAnswers> {
 public:
  // `underway` counts those whose last letter has not gone out; relay and log must live as long as
  // the loop runs.
  RelayedAnswers(StreamRelay& relay, telemetry::Log& log, const base::Executor& executor,
                 StreamName stream, std::shared_ptr<std::size_t> underway);
  ~RelayedAnswers();
  RelayedAnswers(const RelayedAnswers&) = delete;
  RelayedAnswers& operator=(const RelayedAnswers&) = delete;

  void note_negotiated(const Negotiated& negotiated) { negotiated_ = negotiated; }
  void add(std::string message);
  // No more will be added.
  void settle();

 private:
  static base::Coroutine<void> run(std::shared_ptr<RelayedAnswers> self);
  bool has_letter() const;
  StreamLetter next_letter();
  void send();
  void give_up(const base::Error& error);

  StreamRelay& relay_;
  telemetry::Log& log_;
  base::Executor executor_;
  const StreamName stream_;
  std::shared_ptr<std::size_t> underway_;
  std::optional<Negotiated> negotiated_;
  std::deque<std::string> waiting_;
  bool settled_ = false;
  bool settling_sent_ = false;
  bool sending_ = false;
  bool lost_ = false;
};

}  // namespace gatehouse::mcp
