// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "gatehouse/http/event_stream.h"

namespace gatehouse::http {

// The connection that carries a stream, as the stream sees it.
class StreamOutlet {
 public:
  // There is something to take(), or the stream has been closed. Must not end() the stream before
  // it returns.
  virtual void stream_changed() = 0;
  // Bytes taken from the stream that the client has not accepted yet.
  virtual std::size_t backlog() const = 0;

 protected:
  ~StreamOutlet() = default;
};

// The stream a handler writes to. Keeps what is written before a connection is attached and between
// two writes.
class OutgoingEventStream final : public EventStream {
 public:
  explicit OutgoingEventStream(StreamPurpose purpose = StreamPurpose::open_ended)
      : purpose_(purpose) {}

  bool send(const Event& event) override;
  bool comment(std::string_view text) override;
  void close() override;
  bool is_open() const override { return state_ == State::open; }
  void on_closed(std::function<void()> callback) override;

  // The server's side. The outlet must outlive the attachment, which end() ends.
  void attach(StreamOutlet& outlet, std::size_t buffer_bytes_max);
  std::string take();
  std::size_t waiting() const { return unsent_.size(); }
  bool may_finish_while_draining() const { return purpose_ == StreamPurpose::answer; }
  bool has_overflowed() const { return state_ == State::overflowed; }
  // Runs the callback; nothing is sent any more.
  void end();

 private:
  enum class State { open, closing, overflowed, ended };

  bool has_room();

  const StreamPurpose purpose_;
  State state_ = State::open;
  std::size_t buffer_bytes_max_ = 1024 * 1024;
  std::string unsent_;
  StreamOutlet* outlet_ = nullptr;
  std::function<void()> on_closed_;
};

// Every stream a server is given comes from EventStream::create().
OutgoingEventStream& outgoing(EventStream& stream);

}  // namespace gatehouse::http
