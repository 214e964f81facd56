// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/mcp/streamable_http.h"

namespace gatehouse::mcp {

// The HTTP+SSE transport of revision 2024-11-05: answers come as events of one long stream, each
// message of the client is a POST of its own to the address that the stream's first event names.
// That address carries all there is to know, sealed, so every replica can take the POST
// (docs/decisions/0006). Origin, Host and bearer token have been checked before.
//
// What a message means follows the version header or else what `initialize` negotiated on this
// stream; a stream that a client opens anew by itself goes on without `initialize`.
class LegacySse {
 public:
  // Shares catalog, limits, counts and the relay with `http`.
  explicit LegacySse(const StreamableHttp& http);
  ~LegacySse();

  // `GET /sse`: opens the stream. Every other method is refused with 405, which tells clients that
  // try Streamable HTTP first to fall back.
  base::Coroutine<http::Response> open(const http::Request& request,
                                       std::shared_ptr<const Caller> caller);
  // `POST /messages?sessionId=`: one message. 202, 404 when there is no such stream of this caller,
  // 503 when the replica that holds it cannot be reached.
  base::Coroutine<http::Response> receive(const http::Request& request,
                                          std::shared_ptr<const Caller> caller);

  // The other side of StreamRelay. `asker` is the address of the replica that answers will come
  // from, empty when none will. Errc::not_found.
  base::Result<Negotiated> probed(const std::string& principal, const std::string& key,
                                  const std::string& asker);
  base::Result<void> delivered(const std::string& principal, const std::string& key,
                               const StreamLetter& letter);

  // For shutdown: ends the streams that are owed nothing; the others end with their last answer.
  void end_streams();
  // Waits until the answers owed to streams of other replicas have gone out, at most until `limit`.
  base::Coroutine<void> finish_relayed(std::chrono::steady_clock::time_point limit);
  std::size_t stream_count() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::mcp
