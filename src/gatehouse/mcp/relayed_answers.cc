// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/relayed_answers.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace gatehouse::mcp {
namespace {

// A letter takes at least one message, and more until it has this size.
constexpr std::size_t kLetterBytes = 1024 * 1024;

}  // namespace

RelayedAnswers::RelayedAnswers(StreamRelay& relay, telemetry::Log& log,
                               const base::Executor& executor, StreamName stream,
                               std::shared_ptr<std::size_t> underway)
    : relay_(relay),
      log_(log),
      executor_(executor),
      stream_(std::move(stream)),
      underway_(std::move(underway)) {
  ++*underway_;
}

RelayedAnswers::~RelayedAnswers() { --*underway_; }

void RelayedAnswers::add(std::string message) {
  if (lost_) return;
  waiting_.push_back(std::move(message));
  send();
}

void RelayedAnswers::settle() {
  settled_ = true;
  send();
}

bool RelayedAnswers::has_letter() const {
  return !lost_ && (!waiting_.empty() || (settled_ && !settling_sent_));
}

StreamLetter RelayedAnswers::next_letter() {
  StreamLetter letter;
  letter.negotiated = std::exchange(negotiated_, std::nullopt);
  std::size_t bytes = 0;
  while (!waiting_.empty() && (letter.messages.empty() || bytes < kLetterBytes)) {
    bytes += waiting_.front().size();
    letter.messages.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  letter.settles = settled_ && waiting_.empty();
  settling_sent_ = letter.settles;
  return letter;
}

void RelayedAnswers::send() {
  if (sending_ || !has_letter()) return;
  sending_ = true;
  boost::asio::co_spawn(
      executor_, run(shared_from_this()), [self = shared_from_this()](std::exception_ptr failure) {
        if (failure) self->give_up({base::Errc::internal, "the relay failed inside the server"});
      });
}

base::Coroutine<void> RelayedAnswers::run(std::shared_ptr<RelayedAnswers> self) {
  while (self->has_letter()) {
    const StreamLetter letter = self->next_letter();
    auto delivered = co_await self->relay_.deliver(self->stream_, letter);
    if (!delivered) self->give_up(delivered.error());
  }
  self->sending_ = false;
}

void RelayedAnswers::give_up(const base::Error& error) {
  lost_ = true;
  log_.warn("answer lost on its way to a stream of another replica",
            {{telemetry::Field::upstream, std::string_view(stream_.address)},
             {telemetry::Field::detail, std::string_view(error.detail)}});
}

}  // namespace gatehouse::mcp
