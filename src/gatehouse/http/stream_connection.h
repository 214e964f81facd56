// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/http/server_core.h"
#include "gatehouse/http/socket.h"

// Private to the server's own sources.
namespace gatehouse::http {

// A connection that carries an event stream until it closes. While the stream is quiet it holds
// nothing but itself.
class StreamConnection final : public Peer,
                               public StreamOutlet,
                               public SocketOwner,
                               public std::enable_shared_from_this<StreamConnection> {
 public:
  StreamConnection(std::shared_ptr<ServerCore> core, Socket socket, Framing framing);

  // Sends the head, a first comment and what the stream already holds.
  void start(Response response);

  void on_ready(Readiness readiness) override;
  void on_deadline() override;
  void drain() override;
  void cut() override;
  void stream_changed() override;
  std::size_t backlog() const override { return backlog_.size(); }

 private:
  enum class State : std::uint8_t { open, lingering, closed };

  void append_events(std::string& out, std::string_view events) const;
  void append_end(std::string& out);
  void flush();
  void write(std::string_view bytes);
  bool keep_backlog();
  void on_writable();
  void all_written();
  void finish();
  void end_stream();
  void on_readable();

  std::shared_ptr<ServerCore> core_;
  Socket socket_;
  std::shared_ptr<StreamConnection> self_;  // until closed
  std::shared_ptr<EventStream> stream_;
  std::string backlog_;  // taken from the stream, framed, not yet accepted by the socket
  std::size_t backlog_kept_ = 0;
  std::size_t sent_late_ = 0;  // since the deadline began
  std::uint32_t discarded_ = 0;
  Framing framing_;
  State state_ = State::open;
  bool flush_posted_ = false;
  bool end_written_ = false;
};

}  // namespace gatehouse::http
