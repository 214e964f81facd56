// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/deadline_list.h"
#include "gatehouse/http/handler_runner.h"
#include "gatehouse/http/ready_sockets.h"
#include "gatehouse/http/request_observer.h"
#include "gatehouse/http/request_parser.h"
#include "gatehouse/http/response_head.h"
#include "gatehouse/http/server.h"
#include "gatehouse/telemetry/log.h"

// Private to the server's own sources.
namespace gatehouse::http {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

struct PeerTag;
using PeerHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<PeerTag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// One end of a TCP connection: a Connection that exchanges requests, or the StreamConnection it
// turned into.
class Peer : public Timed, public PeerHook {
 public:
  // Ends in good order as soon as what is under way allows.
  virtual void drain() = 0;
  // Ends now.
  virtual void cut() = 0;
};

// What all connections of a server share. Lives until the last of them is gone, which may be after
// the server itself.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(boost::asio::io_context& event_loop, const ServerLimits& server_limits,
             Handler request_handler, telemetry::Log& server_log);

  void set_large_body_judge(Handler judge);

  // Connections register here; the last one to leave ends a drain.
  void enter(Peer& peer);
  void leave(Peer& peer);
  void handler_started();
  void handler_ended();

  void announce_drain() { last_answers_ = true; }
  // Whether answers close their connections.
  bool gives_last_answers() const { return last_answers_; }
  void begin_drain();
  bool is_draining() const { return draining_; }
  bool is_idle() const { return status.connections == 0 && status.requests_in_flight == 0; }
  base::Coroutine<void> wait_until_idle(std::chrono::seconds limit);
  void cut_all();
  // Nothing of the server but this object remains: neither log nor handler may be used from here
  // on.
  void abandon();
  bool is_abandoned() const { return abandoned_; }

  // Parsers are lent to connections with a request under way; idle ones hold none.
  std::unique_ptr<RequestParser> take_parser();
  void give_back(std::unique_ptr<RequestParser> parser);
  // Turns to the bytes behind the complete request.
  void pass_request(RequestParser& parser);
  // Room for the next bytes; empty when all buffers together would exceed their limit.
  std::span<char> space_in(RequestParser& parser);

  // Makes what one connection keeps for its client `now` bytes instead of `kept`. False, and
  // nothing changes, when all connections together would keep too much.
  bool keep_unsent(std::size_t& kept, std::size_t now);

  std::string_view date_line();
  // Cleared, for one write; what the socket does not take at once is copied out.
  std::string& scratch();

  boost::asio::io_context& loop;
  const ServerLimits limits;
  const std::shared_ptr<HandlerRunner> runner;
  std::shared_ptr<HandlerRunner> large_body_judge;  // null: all may come
  const std::shared_ptr<ReadySockets> ready_sockets;
  telemetry::Log& log;
  RequestObserver* observer = nullptr;  // not once the server is abandoned
  ServerStatus status;
  const ByteBudget large_bodies;  // of the buffers, what unusually large bodies take

  DeadlineList idle;
  DeadlineList head;
  DeadlineList body;
  DeadlineList write;
  DeadlineList linger;
  DeadlineList comment;

 private:
  using Peers = boost::intrusive::list<Peer, boost::intrusive::base_hook<PeerHook>,
                                       boost::intrusive::constant_time_size<false>>;

  void start_ticking();
  void tick();
  std::size_t comments_per_tick() const;

  const std::chrono::milliseconds tick_interval_;
  Timer tick_timer_;
  Timer drain_timer_;
  bool ticking_ = false;
  bool last_answers_ = false;
  bool draining_ = false;
  bool abandoned_ = false;
  Peers peers_;
  std::vector<std::unique_ptr<RequestParser>> spare_parsers_;
  std::size_t buffers_bytes_ = 0;
  DateLine date_;
  std::string scratch_;
};

}  // namespace gatehouse::http
