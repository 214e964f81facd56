// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/server_core.h"
#include "gatehouse/http/socket.h"

// Private to the server's own sources.
namespace gatehouse::http {

// One TCP connection that exchanges requests and responses, one at a time. A state machine on
// callbacks: it waits for readiness rather than for bytes and holds neither buffer nor coroutine
// while it is idle. Holds itself until it is closed; a handler at work for it holds it longer.
class Connection final : public Peer,
                         public Exchange,
                         public SocketOwner,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, Socket socket, std::string peer_address);
  ~Connection() override;

  void start();
  // Answers 503 without waiting for a request: the server is full.
  void turn_away();

  void on_ready(Readiness readiness) override;
  void on_deadline() override;
  void drain() override;
  void cut() override;
  const Request& request() const override;
  void answered(std::exception_ptr failure, Response&& response) override;

 private:
  enum class State {
    idle,
    reading_head,
    judging,  // whether to read the body
    reading_body,
    handling,
    writing,
    lingering,
    closed
  };

  bool open();
  bool is_waiting() const;
  void read();
  void read_in_own_turn();
  bool take_bytes();
  bool has_room_for_large_body();
  bool brings_large_body_on();
  void advance();
  void await_request();
  bool is_to_be_judged() const;
  void judge_head();
  void read_body();
  void rest();
  void serve();
  void serve_pipelined();
  Response failure_response(std::exception_ptr failure) const;
  void refuse(int status, std::string_view reason);
  void send(Response&& response);
  bool send_continue();
  void start_stream(Response response);
  void write_out(std::string& head, std::string body);
  void on_writable();
  void end_exchange();
  void linger();
  void discard();

  std::shared_ptr<ServerCore> core_;
  Socket socket_;
  std::string peer_address_;
  std::unique_ptr<RequestParser> parser_;
  // What the socket has not taken yet: first `unsent_head_`, then `unsent_body_`, of which `sent_`
  // bytes are gone.
  std::string unsent_head_;
  std::string unsent_body_;
  std::size_t sent_ = 0;
  std::size_t sent_in_time_ = 0;  // what of it the deadline has seen
  std::size_t unsent_kept_ = 0;
  std::size_t discarded_ = 0;
  ByteBudget::Share large_body_;       // of what the parser holds, when that is unusually much
  std::size_t body_seen_in_time_ = 0;  // of a large body
  Instant asked_{};                    // when the request was complete, for the observer
  std::shared_ptr<Connection> self_;   // while open
  State state_ = State::idle;
  bool may_read_ = false;  // what the socket announced has not all been read
  bool hung_up_ = false;   // it will announce nothing more
  bool close_after_answer_ = false;
  bool lingers_ = false;
  bool is_judged_ = false;       // the answer under way is the judge's
  bool may_bring_body_ = false;  // which let this request's body come
};

}  // namespace gatehouse::http
