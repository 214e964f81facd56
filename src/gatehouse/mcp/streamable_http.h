// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/change.h"
#include "gatehouse/mcp/missing_scope.h"
#include "gatehouse/mcp/server_info.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::mcp {

struct Engine;

struct EngineOptions {
  std::chrono::seconds call_limit{60};  // a request is answered by then, whatever happens
  std::chrono::seconds session_lifetime{7 * 24 * 3600};
  // A POST not answered by then turns into an event stream, if the client accepts one.
  std::chrono::milliseconds json_patience{1500};
  std::chrono::seconds input_limit{5 * 60};     // how long a client may take to answer a question
  std::chrono::seconds task_lifetime{60 * 60};  // of a task and of what it came to
  std::chrono::milliseconds task_patience{10'000};  // a call that may become a task does so after
  std::size_t page_size = 200;                      // items in one page of a list
  std::size_t batch_max = 50;                       // messages in one batch of revision 2025-03-26
  std::size_t calls_per_caller_max = 16;            // at once; more are refused as busy
  std::size_t streams_per_caller_max = 32;          // long-lived streams at once; more get 429
  // A long-lived stream ends by then, so that it is the server that ends it: balancers cut streams
  // after an hour.
  std::chrono::seconds stream_life{55 * 60};

  // What is advertised beside the catalog.
  bool announces_changes = false;  // the host calls announce() for lists
  bool watches_resources = false;  // and for resources
  bool logs = false;               // handlers tell the client's log
  // Whether clients of 2025-11-25 may come back for an answer after a lost connection. The rest of
  // a stream is held by one process, so several replicas behind one address must not offer it.
  bool resumes_answers = false;

  // Judges requests whose caller lacks a scope. Without it they get an error that says what is
  // missing.
  ScopeJudge judge_scope = nullptr;
};

// The Streamable HTTP transport on one path, for the stateless revision 2026-07-28 and for the
// `initialize` family before it, told apart by the body (docs/decisions/0003). Origin, Host and
// bearer token have been checked before.
class StreamableHttp {
 public:
  // All must live as long as the loop runs: requests may outlive this object.
  StreamableHttp(const Catalog& catalog, const ServerInfo& info, EngineOptions options,
                 StateSealer& sealer, StreamRelay& relay, const base::Clock& clock,
                 telemetry::Log& log);
  ~StreamableHttp();

  // POST, GET or DELETE. Runs on the loop of the awaiting coroutine.
  base::Coroutine<http::Response> handle(const http::Request& request,
                                         std::shared_ptr<const Caller> caller);

  // To the clients of both transports that want to know. The catalog has changed before.
  void announce(const Change& change);

  // For shutdown: says good-bye on every long-lived stream and ends it.
  void end_streams();
  // Of those there are, on both transports.
  std::size_t stream_count() const;

  // For the other transport, which shares it.
  std::shared_ptr<Engine> engine() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::mcp
