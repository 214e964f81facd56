// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/handler.h"
#include "gatehouse/http/request_parser.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::http {

class RequestObserver;

// Deadlines are kept by a coarse tick and may come up to half a second late.
struct ServerLimits {
  std::size_t head_bytes_max = 16 * 1024;        // 431
  std::size_t line_bytes_max = 8 * 1024;         // 431; the request line 414
  std::size_t headers_max = 100;                 // 431
  std::size_t body_bytes_max = 4 * 1024 * 1024;  // 413
  // PUT and POST to paths that begin so may bring larger ones; empty: none. All of them together
  // take no more than that of the buffers, or get 503. They may take their time: within each body
  // deadline a mebibyte, or the rest.
  std::string large_body_path;
  std::size_t large_body_bytes_max = 0;
  std::size_t large_bodies_bytes_max = 0;
  std::string too_large_text;  // instead of the bare words of a 413 there
  // Of all request buffers together; the request that needs more gets 503.
  std::size_t buffers_bytes_max = 128 * 1024 * 1024;
  // Of all answers and streams together that their clients have not taken; whose answer would be
  // more is cut.
  std::size_t unsent_bytes_max = 64 * 1024 * 1024;

  std::chrono::milliseconds head_deadline{
      10'000};  // first byte of a request to the end of its head; 408
  std::chrono::milliseconds body_deadline{30'000};  // 408
  std::chrono::milliseconds idle_deadline{
      75'000};  // between requests; longer than a balancer's 60 s
  // While an answer goes out: within each such time so many bytes, or the rest of it; else cut.
  std::chrono::milliseconds write_deadline{30'000};
  std::size_t write_bytes_min = 128 * 1024;

  std::size_t connections_max = 20'000;  // beyond it: 503 and close
  // Unsent bytes of one event stream; beyond it the reader is cut.
  std::size_t stream_buffer_bytes_max = 1024 * 1024;
  std::chrono::milliseconds stream_comment_interval{15'000};
};

struct ServerStatus {
  std::size_t connections = 0;  // with streams and those that are closing
  std::size_t streams = 0;
  std::size_t requests_in_flight = 0;
  std::size_t unsent_bytes = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t refused_total =
      0;  // answered by the server itself: malformed, too large, too late, too many
};

// HTTP/1.1 over TCP on one event loop. Strict in what it accepts (cases.md HP): one length, exact
// `chunked`, no bare LF, no folding, no coded body, a Host header, origin-form targets; any doubt
// is answered with 4xx and the connection closed.
//
// A handler whose client has gone runs to its end and its answer is dropped. Handlers still running
// when the server is destroyed must not need anything that dies with it.
class Server {
 public:
  Server(boost::asio::io_context& loop, ServerLimits limits, Handler handler, telemetry::Log& log);
  ~Server();

  // "ADDRESS:PORT" with a literal IPv4 or [IPv6] address, port 0 picks a free one. Returns the
  // bound port. May be called for several addresses. Errc::invalid_argument or Errc::unavailable.
  base::Result<std::uint16_t> listen(const std::string& address);

  // Every answer from now on closes its connection, so that clients who keep theirs go elsewhere
  // before a drain.
  void announce_drain();

  // Stops accepting, closes idle connections, lets requests in flight finish (also those answered
  // by a stream), ends open-ended streams; returns when all are gone or `limit` has passed (then
  // cuts the rest).
  base::Coroutine<void> drain(std::chrono::seconds limit);

  ServerStatus status() const;

  // Before the first request; outlives the server.
  void set_observer(RequestObserver& observer);
  // Before the first request. Asked about each one that may bring an unusually large body, as soon
  // as its head is there and unless all of it has come with that: by the head alone, while no more
  // is read. An answer of status 100 lets the body come; any other is the answer, and the
  // connection closes with the body unread. What fails lets it come: the handler is to find out.
  void set_large_body_judge(Handler judge);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::http
