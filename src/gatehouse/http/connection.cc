// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <utility>

#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/http/stream_connection.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::http {
namespace {

using telemetry::Field;

// Up to this size head and body leave in one piece; above it copying costs more than a second
// buffer.
constexpr std::size_t kBodyCopiedMax = 8 * 1024;
constexpr std::size_t kDiscardedBytesMax = 256 * 1024;
constexpr std::size_t kLargeBodyStep = 1024 * 1024;
constexpr int kMayCome = 100;  // of Server::set_large_body_judge
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
  if (open()) core_->idle.start(*this, coarse_now());
}

void Connection::turn_away() {
  if (open()) refuse(503, "too many connections");
}

bool Connection::open() {
  if (!socket_.watch(*this)) return false;
  self_ = shared_from_this();
  core_->enter(*this);
  return true;
}

void Connection::on_deadline() {
  const auto self = shared_from_this();
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
  const auto self = std::move(self_);
  const bool handling = state_ == State::handling || state_ == State::judging;
  state_ = State::closed;
  socket_.close();
  core_->keep_unsent(unsent_kept_, 0);
  // A handler still reads the request out of the parser's buffer.
  if (parser_ && !handling) core_->give_back(std::move(parser_));
  core_->leave(*this);
}

void Connection::on_ready(Readiness readiness) {
  const auto self = shared_from_this();
  may_read_ |= readiness.readable;
  hung_up_ |= readiness.hung_up;
  switch (state_) {
    case State::idle:
    case State::reading_head:
    case State::reading_body:
      if (may_read_) read();
      break;
    case State::writing:
      if (readiness.writable) on_writable();
      break;
    case State::lingering:
      if (may_read_) discard();
      break;
    case State::judging:
    case State::handling:
    case State::closed:
      break;
  }
}

// For the bytes of a request, or for more of them.
bool Connection::is_waiting() const {
  return state_ == State::idle || state_ == State::reading_head || state_ == State::reading_body;
}

void Connection::read() {
  if (!parser_) parser_ = core_->take_parser();
  while (take_bytes()) {
    advance();
    const bool reading = state_ == State::reading_head || state_ == State::reading_body;
    if (!reading || !may_read_) return;
  }
}

// Other connections come in between, and no chain of requests grows the stack.
void Connection::read_in_own_turn() {
  boost::asio::post(core_->loop, [self = shared_from_this()] {
    if (self->is_waiting() && self->may_read_) self->read();
  });
}

// One read. False when the connection is over or has nothing to give. A socket that gives less than
// it could have announces what comes next.
bool Connection::take_bytes() {
  const std::span<char> space = core_->space_in(*parser_);
  if (space.empty() || !has_room_for_large_body()) {
    refuse(503, "request buffers exhausted");
    return false;
  }
  const Transfer taken = socket_.read(space);
  if (taken.would_block()) {
    may_read_ = false;
    if (state_ == State::idle) core_->give_back(std::move(parser_));
    return false;
  }
  if (taken.ended()) {
    cut();
    return false;
  }
  parser_->received(taken.bytes);
  may_read_ = taken.bytes == space.size() || hung_up_;
  return true;
}

bool Connection::has_room_for_large_body() {
  if (!parser_->takes_large_body()) return true;
  if (large_body_.bytes() == 0) large_body_ = core_->large_bodies.share();
  return large_body_.resize(parser_->capacity());
}

// Whether a large body has brought so much since its deadline began that it gets another.
bool Connection::brings_large_body_on() {
  if (!parser_->takes_large_body()) return false;
  const std::size_t received = parser_->body_received();
  if (received < body_seen_in_time_ + kLargeBodyStep) return false;
  body_seen_in_time_ = received;
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

// Starts the deadline of a phase when the phase begins and never again within it, but for large
// bodies.
void Connection::await_request() {
  if (is_to_be_judged()) return judge_head();
  if (parser_->take_expectation() && !send_continue()) return;
  switch (parser_->stage()) {
    case RequestParser::Stage::between_requests:
      break;
    case RequestParser::Stage::head:
      if (state_ != State::reading_head) core_->head.start(*this, coarse_now());
      state_ = State::reading_head;
      break;
    case RequestParser::Stage::body:
      if (state_ != State::reading_body || brings_large_body_on())
        core_->body.start(*this, coarse_now());
      state_ = State::reading_body;
      break;
  }
}

bool Connection::is_to_be_judged() const {
  return core_->large_body_judge && !may_bring_body_ && parser_->takes_large_body() &&
         parser_->stage() == RequestParser::Stage::body;
}

// Nothing is read meanwhile, so the client's bytes stay with the client.
void Connection::judge_head() {
  stop_clock();
  state_ = State::judging;
  is_judged_ = true;
  parser_->read_head_alone();
  parser_->request().peer = peer_address_;
  core_->handler_started();
  if (core_->observer != nullptr) asked_ = coarse_now();
  core_->large_body_judge->run(shared_from_this());
}

void Connection::read_body() {
  may_bring_body_ = true;
  --core_->status.requests_total;  // it counts when it is complete
  boost::asio::post(core_->loop, [self = shared_from_this()] {
    if (self->state_ == State::closed) {
      self->core_->give_back(std::move(self->parser_));
      return;
    }
    self->state_ = State::reading_head;
    self->advance();
    if (self->is_waiting() && self->may_read_) self->read();
  });
}

bool Connection::send_continue() {
  if (socket_.write(kContinue).bytes == kContinue.size()) return true;
  cut();  // a client that does not even take this has filled its side on purpose
  return false;
}

void Connection::serve() {
  stop_clock();
  state_ = State::handling;
  Request& request = parser_->request();
  request.peer = peer_address_;
  core_->handler_started();
  if (core_->observer != nullptr) asked_ = coarse_now();
  core_->runner->run(shared_from_this());
}

const Request& Connection::request() const { return parser_->request(); }

void Connection::answered(std::exception_ptr failure, Response&& response) {
  core_->handler_ended();
  if (failure && !core_->is_abandoned()) response = failure_response(failure);
  const bool was_judged = std::exchange(is_judged_, false);
  const bool may_come = was_judged && (failure || response.status == kMayCome);
  if (core_->observer != nullptr && !may_come)
    core_->observer->answered(parser_->request().route, response.status, coarse_now() - asked_);
  if (state_ == State::closed) {
    drop_stream(response);
    if (parser_) core_->give_back(std::move(parser_));
    return;
  }
  if (may_come) return read_body();
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
  telemetry::TracedLog(core_->log, request.trace)
      .error("request handler failed", {{Field::route, request.route},
                                        {Field::method, request.method_name},
                                        {Field::detail, what}});
  return text_response(500, "Internal error\n");
}

// Answers in the server's own name and closes; the client may still be sending.
void Connection::refuse(int status, std::string_view reason) {
  ++core_->status.refused_total;
  if (core_->observer != nullptr) core_->observer->refused(status);
  if (core_->log.enabled(telemetry::Level::debug)) {
    core_->log.debug(
        "request refused",
        {{Field::status, status}, {Field::reason, reason}, {Field::peer, peer_address_}});
  }
  const bool has_words = status == 413 && parser_ && parser_->takes_large_body();
  Response response = text_response(
      status, has_words ? core_->limits.too_large_text : std::string(reason_phrase(status)) + "\n");
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

void Connection::send(Response&& response) {
  const bool is_head = parser_->request().method == Method::head;
  const bool is_unread = state_ == State::judging;
  if (response.stream && (is_head || is_unread)) drop_stream(response);
  if (response.stream) {
    start_stream(std::move(response));
    return;
  }
  close_after_answer_ =
      !parser_->keep_alive() || response.close || is_unread || core_->gives_last_answers();
  lingers_ = parser_->has_more() || is_unread;
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
  const auto self = std::move(self_);
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
  const Transfer written = body.empty() ? socket_.write(head) : socket_.write(head, body);
  if (written.bytes == head.size() + body.size()) {
    end_exchange();
    return;
  }
  if (written.ended()) {
    cut();
    return;
  }
  if (!core_->keep_unsent(unsent_kept_, head.size() + body.size())) {
    // A refusal in the server's own name may have no parser left, and no request.
    const auto& trace = parser_ ? parser_->request().trace : telemetry::RequestTrace::none();
    telemetry::TracedLog(core_->log, trace)
        .warn("client cut", {{Field::reason, "unsent answers exhausted"},
                             {Field::peer, std::string_view(peer_address_)}});
    cut();
    return;
  }
  unsent_head_ = head;
  unsent_body_ = std::move(body);
  sent_ = sent_in_time_ = written.bytes;
  state_ = State::writing;
  core_->write.start(*this, coarse_now());
}

void Connection::on_writable() {
  const std::size_t head_sent = std::min(sent_, unsent_head_.size());
  const Transfer written = socket_.write(std::string_view(unsent_head_).substr(head_sent),
                                         std::string_view(unsent_body_).substr(sent_ - head_sent));
  if (written.ended()) {
    cut();
    return;
  }
  sent_ += written.bytes;
  if (sent_ - sent_in_time_ >= core_->limits.write_bytes_min) {
    sent_in_time_ = sent_;
    core_->write.start(*this, coarse_now());
  }
  if (sent_ < unsent_head_.size() + unsent_body_.size()) return;
  core_->keep_unsent(unsent_kept_, 0);
  unsent_head_ = std::string();
  unsent_body_ = std::string();
  sent_ = sent_in_time_ = 0;
  end_exchange();
}

// The answer is out: close, or turn to the next request, which may have arrived already.
void Connection::end_exchange() {
  large_body_ = ByteBudget::Share();
  body_seen_in_time_ = 0;
  may_bring_body_ = false;
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

void Connection::serve_pipelined() {
  state_ = State::handling;
  boost::asio::post(core_->loop, [self = shared_from_this()] {
    if (self->state_ == State::closed) {
      self->core_->give_back(std::move(self->parser_));
      return;
    }
    self->state_ = State::idle;
    self->advance();
    if (self->is_waiting() && self->may_read_) self->read();
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
  if (may_read_) read_in_own_turn();
}

// Closing a socket with unread bytes resets it, and the reset can overtake the answer. So: say that
// we are done, read and forget what still comes, for a while.
void Connection::linger() {
  if (parser_) core_->give_back(std::move(parser_));
  socket_.shutdown_send();
  state_ = State::lingering;
  core_->linger.start(*this, coarse_now());
  discard();
}

void Connection::discard() {
  std::array<char, 4096> bin;
  Transfer dropped;
  do {
    dropped = socket_.read(bin);
    discarded_ += dropped.bytes;
  } while (dropped.moved() && discarded_ <= kDiscardedBytesMax);
  may_read_ = false;
  if (!dropped.would_block()) cut();
}

}  // namespace gatehouse::http
