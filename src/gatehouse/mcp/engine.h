// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/mcp/call_runner.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/cursors.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/missing_scope.h"
#include "gatehouse/mcp/open_streams.h"
#include "gatehouse/mcp/questions.h"
#include "gatehouse/mcp/request_rules.h"
#include "gatehouse/mcp/resumable_answers.h"
#include "gatehouse/mcp/server_documents.h"
#include "gatehouse/mcp/session.h"
#include "gatehouse/mcp/session_notes.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/mcp/tasks.h"

namespace gatehouse::mcp {

// What eras and transports work with. None of it knows a connection.
struct Engine {
  Engine(const Catalog& offers, const ServerInfo& info, EngineOptions settings, StateSealer& seal,
         StreamRelay& replicas, const base::Clock& calendar, telemetry::Log& logger);

  // Tells the streams that want to know; lists are rendered anew.
  void announce(const Change& change);

  const Catalog& catalog;
  StateSealer& sealer;
  StreamRelay& relay;
  const base::Clock& clock;
  telemetry::Log& log;
  EngineOptions options;
  base::SystemRandom random;
  ServerDocuments documents;
  Cursors cursors;
  Sessions sessions;
  SessionNotes notes;
  Questions questions;
  Tasks tasks;
  ResumableAnswers resumable;
  CallRunner calls;
  OpenStreams streams;
};

// What the host made of a scope that the caller's token lacked.
struct JudgedScope {
  std::string scope;
  ScopeVerdict verdict;
};

// One POST whose body is JSON.
struct Post {
  Post(const http::Request& incoming, const std::shared_ptr<const Caller>& who,
       const base::Executor& loop)
      : request(incoming), caller(who), executor(loop), accepted(accepted_types(incoming)) {}

  void take(base::JsonDocument read) {
    document = std::make_shared<const base::JsonDocument>(std::move(read));
    const base::JsonValue root = document->root();
    if (!root.is_array()) message = read_message(root);
  }

  const http::Request& request;
  const std::shared_ptr<const Caller>& caller;
  base::Executor executor;
  Accepted accepted;
  std::shared_ptr<const base::JsonDocument> document;
  std::optional<Message> message;  // the document's, when it is no batch
  std::unique_ptr<const JudgedScope>
      judged;  // rarely any: kept small, it lies in a coroutine's frame
};

// Jobs are under way; their answers come to the exchange.
struct Pending {
  std::shared_ptr<Exchange> exchange;
  bool batch = false;
  bool gone_means_cancel = false;  // the stateless revision
  std::string principal;           // of an exchange that can be resumed, as is the next
  std::string session_key;
};

// What an era decides about a POST, without waiting for anything.
using Outcome = std::variant<http::Response, Pending>;

http::Response rpc_response(int status, std::string message);
http::Response rpc_refusal(int status, const base::JsonValue& id, const RpcError& error);

}  // namespace gatehouse::mcp
