// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/mcp/client_capabilities.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/questions.h"
#include "gatehouse/mcp/server_documents.h"
#include "gatehouse/mcp/session_notes.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/mcp/tasks.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::mcp {

// Everything one job needs, owned, because it may outlive its HTTP request.
struct CallRequest {
  CallRequest(std::unique_ptr<Job> what, std::shared_ptr<const Caller> who,
              std::shared_ptr<const base::JsonDocument> body)
      : job(std::move(what)), caller(std::move(who)), document(std::move(body)) {}
  std::unique_ptr<Job> job;
  std::shared_ptr<const Caller> caller;
  std::shared_ptr<const base::JsonDocument> document;  // keeps the values of the request
  base::JsonValue progress_token;     // string or integer; null: no progress wanted
  base::JsonValue input_responses;    // of the stateless revision: an object, or null
  std::string_view request_state;     // the same: sealed; empty: none
  std::optional<LogLevel> log_level;  // the same: the least wanted; none: no log at all
  std::string id_json;
  std::string session_key;  // empty in the stateless revision
  Revision revision = kModern;
  ClientCapabilities client;
};

// Runs jobs: bounded in number per principal and in time, cancellable, able to ask the client.
// Every job started settles its exchange exactly once. Jobs under way survive this object, but not
// what its services refer to.
class CallRunner {
 public:
  struct Limits {
    std::chrono::milliseconds call;
    std::chrono::milliseconds input;          // how long a client may take to answer
    std::chrono::milliseconds task;           // instead of `call`, once a call is a task
    std::chrono::milliseconds task_patience;  // a call that may become a task does so after this
    std::size_t calls_per_caller_max;
  };
  struct Services {
    StateSealer& sealer;
    telemetry::Log& log;
    const ServerDocuments& documents;
    Questions& questions;
    SessionNotes& notes;
    Tasks& tasks;
  };
  CallRunner(Limits limits, const Services& services);
  ~CallRunner();

  // Owes the answer to `exchange` and delivers it: at once when the caller has too many jobs under
  // way, or when the answers it brings to an earlier round are not what was asked for.
  void start(const base::Executor& executor, CallRequest request,
             std::shared_ptr<Exchange> exchange);

  // Jobs of that session with that id are not answered any more, and their handlers are told.
  void cancel(const std::string& principal, std::string_view session_key, std::string_view id_json);
  // The same for all jobs of an exchange.
  void abandon(const Exchange& exchange);

 private:
  class Running;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::mcp
