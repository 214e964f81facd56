// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/http/stream_connection.h"

namespace gatehouse::http {
namespace {

using telemetry::Field;

// Up to this size head and body leave in one piece; above it copying costs more than a second
// buffer.
constexpr std::size_t kBodyCopiedMax = 8 * 1024;
constexpr std::size_t kDiscardedBytesMax = 256 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Ends a stream that no client will ever see.
void drop_stream(Response& response) {
  if (!response.stream) return;
  outgoing(*response.stream).end();
  response.stream.reset();
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, Socket socket, std::string peer_address)
    : core_(std::move(core)), socket_(std::move(socket)), peer_address_(std::move(peer_address)) {}

Connection::~Connection() {
  if (parser_) core_->give_back(std::move(parser_));
}

void Connection::start() {
  core_->enter(*this);
  core_->idle.start(*this, coarse_now());
  wait_readable();
}

void Connection::turn_away() {
  core_->enter(*this);
  refuse(503, "too many connections");
}

void Connection::on_deadline() {
  switch (state_) {
    case State::reading_head:
      refuse(408, "head deadline");
      break;
    case State::reading_body:
      refuse(408, "body deadline");
      break;
    default:
      cut();
  }
}

void Connection::drain() {
  if (state_ == State::idle) cut();
  // All other states end by themselves: send() looks whether the server drains.
}

void Connection::cut() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  const bool handling = state_ == State::handling;
  state_ = State::closed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  core_->keep_unsent(unsent_kept_, 0);
  // A handler still reads the request out of the parser's buffer.
  if (parser_ && !handling) core_->give_back(std::move(parser_));
  core_->leave(*this);
}

void Connection::wait_readable() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->on_readable();
                     });
}

void Connection::on_readable() {
  if (state_ == State::closed) return;
  if (state_ == State::lingering) {
    discard();
  } else {
    read();
  }
}

void Connection::read() {
  if (!parser_) parser_ = core_->take_parser();
  bool drained = false;
  while (state_ != State::closed) {
    if (!take_bytes(drained)) return;
    advance();
    const bool reading = state_ == State::reading_head || state_ == State::reading_body;
    if (!reading) return;
    if (drained) {
      wait_readable();
      return;
    }
  }
}

// One read. False when the connection is over or has nothing to give; `drained` when the socket
// gave less than it could have.
bool Connection::take_bytes(bool& drained) {
  const std::span<char> space = core_->space_in(*parser_);
  if (space.empty()) {
    refuse(503, "request buffers exhausted");
    return false;
  }
  boost::system::error_code error;
  const std::size_t count =
      socket_.read_some(boost::asio::buffer(space.data(), space.size()), error);
  if (error == boost::asio::error::would_block || error == boost::asio::error::interrupted) {
    if (state_ == State::idle) core_->give_back(std::move(parser_));
    wait_readable();
    return false;
  }
  if (error) {
    cut();
    return false;
  }
  parser_->received(count);
  drained = count < space.size();
  return true;
}

// Acts on what the parser makes of the bytes so far.
void Connection::advance() {
  switch (parser_->parse()) {
    case RequestParser::Verdict::complete:
      serve();
      break;
    case RequestParser::Verdict::refused:
      refuse(parser_->refusal().status, parser_->refusal().reason);
      break;
    case RequestParser::Verdict::need_more:
      await_request();
      break;
  }
}

// Starts the deadline of a phase when the phase begins and never again within it.
void Connection::await_request() {
  if (parser_->take_expectation() && !send_continue()) return;
  switch (parser_->stage()) {
    case RequestParser::Stage::between_requests:
      break;
    case RequestParser::Stage::head:
      if (state_ != State::reading_head) core_->head.start(*this, coarse_now());
      state_ = State::reading_head;
      break;
    case RequestParser::Stage::body:
      if (state_ != State::reading_body) core_->body.start(*this, coarse_now());
      state_ = State::reading_body;
      break;
  }
}

bool Connection::send_continue() {
  boost::system::error_code error;
  const std::size_t count = socket_.write_some(boost::asio::buffer(kContinue), error);
  if (!error && count == kContinue.size()) return true;
  cut();  // a client that does not even take this has filled its side on purpose
  return false;
}

void Connection::serve() {
  stop_clock();
  state_ = State::handling;
  Request& request = parser_->request();
  request.peer = peer_address_;
  core_->handler_started();
  core_->runner->run(shared_from_this());
}

const Request& Connection::request() const { return parser_->request(); }

void Connection::answered(std::exception_ptr failure, Response response) {
  core_->handler_ended();
  if (failure && !core_->is_abandoned()) response = failure_response(failure);
  if (state_ == State::closed) {
    drop_stream(response);
    if (parser_) core_->give_back(std::move(parser_));
    return;
  }
  send(std::move(response));
}

Response Connection::failure_response(std::exception_ptr failure) const {
  std::string what = "not a std::exception";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  const Request& request = parser_->request();
  core_->log.error(
      "request handler failed",
      {{Field::route, request.route}, {Field::method, request.method_name}, {Field::detail, what}});
  return text_response(500, "Internal error\n");
}

// Answers in the server's own name and closes; the client may still be sending.
void Connection::refuse(int status, std::string_view reason) {
  ++core_->status.refused_total;
  if (core_->log.enabled(telemetry::Level::debug)) {
    core_->log.debug(
        "request refused",
        {{Field::status, status}, {Field::reason, reason}, {Field::peer, peer_address_}});
  }
  Response response = text_response(status, std::string(reason_phrase(status)) + "\n");
  if (status == 503) response.headers.push_back({"Retry-After", "5"});
  close_after_answer_ = true;
  lingers_ = true;
  std::string& head = core_->scratch();
  HeadOptions options;
  options.close = true;
  options.date_line = core_->date_line();
  append_head(head, response, options);
  write_out(head, std::move(response.body));
}

void Connection::send(Response response) {
  const bool is_head = parser_->request().method == Method::head;
  if (response.stream && is_head) drop_stream(response);
  if (response.stream) {
    start_stream(std::move(response));
    return;
  }
  close_after_answer_ = !parser_->keep_alive() || response.close || core_->is_draining();
  lingers_ = parser_->has_more();
  HeadOptions options;
  options.close = close_after_answer_;
  options.date_line = core_->date_line();
  std::string& head = core_->scratch();
  append_head(head, response, options);
  if (is_head || !has_body(response.status)) response.body.clear();
  write_out(head, std::move(response.body));
}

// From here on the socket belongs to the stream's own connection, and this one dissolves.
void Connection::start_stream(Response response) {
  const Framing framing = parser_->is_http_1_0() ? Framing::until_close : Framing::chunked;
  state_ = State::closed;
  core_->pass_request(*parser_);
  core_->give_back(std::move(parser_));
  core_->leave(*this);
  auto stream = std::make_shared<StreamConnection>(core_, std::move(socket_), framing);
  stream->start(std::move(response));
}

// Writes `head` and `body`: at once as far as the socket takes it, the rest as it drains.
void Connection::write_out(std::string& head, std::string body) {
  if (body.size() <= kBodyCopiedMax) {
    head += body;
    body.clear();
  }
  boost::system::error_code error;
  std::size_t count = 0;
  if (body.empty()) {
    count = socket_.write_some(boost::asio::buffer(head), error);
  } else {
    const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head),
                                                         boost::asio::buffer(body)};
    count = socket_.write_some(parts, error);
  }
  if (!error && count == head.size() + body.size()) {
    end_exchange();
    return;
  }
  if (error && error != boost::asio::error::would_block) {
    cut();
    return;
  }
  if (!core_->keep_unsent(unsent_kept_, head.size() + body.size())) {
    core_->log.warn("client cut", {{Field::reason, "unsent answers exhausted"},
                                   {Field::peer, std::string_view(peer_address_)}});
    cut();
    return;
  }
  unsent_head_ = head;
  unsent_body_ = std::move(body);
  sent_ = sent_in_time_ = error ? 0 : count;
  state_ = State::writing;
  core_->write.start(*this, coarse_now());
  wait_writable();
}

void Connection::wait_writable() {
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error && self->state_ == State::writing) self->on_writable();
                     });
}

void Connection::on_writable() {
  const std::size_t head_sent = std::min(sent_, unsent_head_.size());
  const std::array<boost::asio::const_buffer, 2> parts{
      boost::asio::buffer(unsent_head_) + head_sent,
      boost::asio::buffer(unsent_body_) + (sent_ - head_sent)};
  boost::system::error_code error;
  const std::size_t count = socket_.write_some(parts, error);
  if (error && error != boost::asio::error::would_block) {
    cut();
    return;
  }
  if (!error) sent_ += count;
  if (sent_ - sent_in_time_ >= core_->limits.write_bytes_min) {
    sent_in_time_ = sent_;
    core_->write.start(*this, coarse_now());
  }
  if (sent_ < unsent_head_.size() + unsent_body_.size()) {
    wait_writable();
    return;
  }
  core_->keep_unsent(unsent_kept_, 0);
  unsent_head_ = std::string();
  unsent_body_ = std::string();
  sent_ = sent_in_time_ = 0;
  end_exchange();
}

// The answer is out: close, or turn to the next request, which may have arrived already.
void Connection::end_exchange() {
  if (close_after_answer_) {
    if (lingers_) {
      linger();
    } else {
      cut();
    }
    return;
  }
  const bool more = parser_->has_more();
  core_->pass_request(*parser_);
  if (more) {
    serve_pipelined();
  } else {
    rest();
  }
}

// In a turn of its own: other connections come in between, and no chain of requests grows the
// stack.
void Connection::serve_pipelined() {
  state_ = State::handling;
  boost::asio::post(core_->loop, [self = shared_from_this()] {
    if (self->state_ == State::closed) {
      self->core_->give_back(std::move(self->parser_));
      return;
    }
    self->state_ = State::idle;
    self->advance();
    const bool reading = self->state_ == State::reading_head || self->state_ == State::reading_body;
    if (reading) self->wait_readable();
  });
}

void Connection::rest() {
  core_->give_back(std::move(parser_));
  state_ = State::idle;
  if (core_->is_draining()) {
    cut();
    return;
  }
  core_->idle.start(*this, coarse_now());
  wait_readable();
}

// Closing a socket with unread bytes resets it, and the reset can overtake the answer. So: say that
// we are done, read and forget what still comes, for a while.
void Connection::linger() {
  if (parser_) core_->give_back(std::move(parser_));
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  state_ = State::lingering;
  core_->linger.start(*this, coarse_now());
  discard();
}

void Connection::discard() {
  std::array<char, 4096> bin;
  boost::system::error_code error;
  while (!error && discarded_ <= kDiscardedBytesMax) {
    discarded_ += socket_.read_some(boost::asio::buffer(bin), error);
  }
  if (error == boost::asio::error::would_block) {
    wait_readable();
  } else {
    cut();
  }
}

}  // namespace gatehouse::http
