// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/server_core.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <ctime>
#include <utility>

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSpareParsersMax = 64;
constexpr std::size_t kScratchKeptMax = 256 * 1024;
constexpr milliseconds kLingerDeadline{2'000};

RequestLimits request_limits(const ServerLimits& limits) {
  RequestLimits request;
  request.head_bytes_max = limits.head_bytes_max;
  request.line_bytes_max = limits.line_bytes_max;
  request.headers_max = limits.headers_max;
  request.body_bytes_max = limits.body_bytes_max;
  request.large_body_path = limits.large_body_path;
  request.large_body_bytes_max = limits.large_body_bytes_max;
  return request;
}

// An eighth of the shortest deadline, within reason.
milliseconds tick_interval_for(const ServerLimits& limits) {
  const milliseconds shortest =
      std::min({limits.head_deadline, limits.body_deadline, limits.idle_deadline,
                limits.write_deadline, limits.stream_comment_interval, kLingerDeadline});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(500));
}

}  // namespace

ServerCore::ServerCore(boost::asio::io_context& event_loop, const ServerLimits& server_limits,
                       Handler request_handler, telemetry::Log& server_log)
    : loop(event_loop),
      limits(server_limits),
      runner(std::make_shared<HandlerRunner>(event_loop, std::move(request_handler))),
      ready_sockets(std::make_shared<ReadySockets>(event_loop)),
      log(server_log),
      large_bodies(limits.large_bodies_bytes_max),
      idle(limits.idle_deadline),
      head(limits.head_deadline),
      body(limits.body_deadline),
      write(limits.write_deadline),
      linger(kLingerDeadline),
      comment(limits.stream_comment_interval),
      tick_interval_(tick_interval_for(limits)),
      tick_timer_(event_loop.get_executor()),
      drain_timer_(event_loop.get_executor()) {}

void ServerCore::set_large_body_judge(Handler judge) {
  large_body_judge = std::make_shared<HandlerRunner>(loop, std::move(judge));
}

void ServerCore::enter(Peer& peer) {
  peers_.push_back(peer);
  ++status.connections;
  if (!ticking_) start_ticking();
}

void ServerCore::leave(Peer& peer) {
  peer.PeerHook::unlink();
  peer.stop_clock();
  --status.connections;
  if (draining_ && is_idle()) drain_timer_.cancel();
}

void ServerCore::handler_started() {
  ++status.requests_in_flight;
  ++status.requests_total;
}

void ServerCore::handler_ended() {
  --status.requests_in_flight;
  if (draining_ && is_idle()) drain_timer_.cancel();
}

void ServerCore::begin_drain() {
  last_answers_ = draining_ = true;
  for (auto each = peers_.begin(); each != peers_.end();) {
    Peer& peer = *each;
    ++each;  // the peer may leave
    peer.drain();
  }
}

base::Coroutine<void> ServerCore::wait_until_idle(std::chrono::seconds limit) {
  const auto self = shared_from_this();
  constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable_t<base::Executor>());
  drain_timer_.expires_after(limit);
  const auto end = drain_timer_.expiry();
  while (!is_idle() && std::chrono::steady_clock::now() < end) {
    auto woken = co_await drain_timer_.async_wait(kToken);
    (void)woken;  // cancelled by the last to leave, or expired: the condition tells
  }
}

void ServerCore::cut_all() {
  runner->retire();
  if (large_body_judge) large_body_judge->retire();
  while (!peers_.empty()) peers_.front().cut();
}

void ServerCore::abandon() {
  abandoned_ = true;
  observer = nullptr;
  cut_all();
  tick_timer_.cancel();
  drain_timer_.cancel();
}

std::unique_ptr<RequestParser> ServerCore::take_parser() {
  if (spare_parsers_.empty()) return std::make_unique<RequestParser>(request_limits(limits));
  std::unique_ptr<RequestParser> parser = std::move(spare_parsers_.back());
  spare_parsers_.pop_back();
  return parser;
}

void ServerCore::give_back(std::unique_ptr<RequestParser> parser) {
  const bool reusable = parser->stage() == RequestParser::Stage::between_requests;
  if (reusable && spare_parsers_.size() < kSpareParsersMax) {
    spare_parsers_.push_back(std::move(parser));
    return;
  }
  buffers_bytes_ -= parser->capacity();
}

void ServerCore::pass_request(RequestParser& parser) {
  const std::size_t before = parser.capacity();
  parser.next();
  buffers_bytes_ -= before - parser.capacity();
}

std::span<char> ServerCore::space_in(RequestParser& parser) {
  const std::size_t before = parser.capacity();
  const std::span<char> space = parser.space();
  buffers_bytes_ += parser.capacity() - before;
  if (buffers_bytes_ > limits.buffers_bytes_max) return {};
  return space;
}

bool ServerCore::keep_unsent(std::size_t& kept, std::size_t now) {
  const std::size_t others = status.unsent_bytes - kept;
  if (now > kept && others + now > limits.unsent_bytes_max) return false;
  status.unsent_bytes = others + now;
  kept = now;
  return true;
}

std::string_view ServerCore::date_line() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return date_.at(now.tv_sec);
}

std::string& ServerCore::scratch() {
  if (scratch_.capacity() > kScratchKeptMax) scratch_ = std::string();
  scratch_.clear();
  return scratch_;
}

// Ticks only while there are connections: an idle server does not wake up.
void ServerCore::start_ticking() {
  ticking_ = true;
  tick_timer_.expires_after(tick_interval_);
  tick_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->ticking_ = false;
    if (!error && !self->abandoned_) self->tick();
  });
}

void ServerCore::tick() {
  constexpr std::size_t kAll = static_cast<std::size_t>(-1);
  const Instant now = coarse_now();
  for (DeadlineList* list : {&idle, &head, &body, &write, &linger}) list->expire(now, kAll);
  comment.expire(now, comments_per_tick());
  if (status.connections > 0 && !ticking_) start_ticking();
}

// Twice what falls due per tick on average. Streams that were written to together are spread out
// again, so that ten thousand comments never go out in one turn of the loop.
std::size_t ServerCore::comments_per_tick() const {
  const auto ticks = static_cast<std::size_t>(comment.length() / tick_interval_) + 1;
  return 16 + 2 * status.streams / ticks;
}

}  // namespace gatehouse::http
