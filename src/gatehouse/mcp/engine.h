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
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/open_streams.h"
#include "gatehouse/mcp/request_rules.h"
#include "gatehouse/mcp/server_documents.h"
#include "gatehouse/mcp/session.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/mcp/tool_caller.h"

namespace gatehouse::mcp {

// What eras and transports work with. None of it knows a connection.
struct Engine {
  Engine(const ToolRegistry& registry, const ServerInfo& info, EngineOptions settings,
         StateSealer& seal, const base::Clock& calendar, telemetry::Log& logger)
      : tools(registry),
        sealer(seal),
        clock(calendar),
        log(logger),
        options(std::move(settings)),
        documents(info, registry),
        sessions(sealer, clock, random, options.session_lifetime),
        calls({options.call_limit, options.calls_per_caller_max}, sealer, log),
        streams(clock, options.streams_per_caller_max) {}

  const ToolRegistry& tools;
  StateSealer& sealer;
  const base::Clock& clock;
  telemetry::Log& log;
  EngineOptions options;
  base::SystemRandom random;
  ServerDocuments documents;
  Sessions sessions;
  ToolCaller calls;
  OpenStreams streams;
};

// One POST whose body is JSON.
struct Post {
  Post(const http::Request& incoming, const std::shared_ptr<const Caller>& who,
       const base::Executor& loop)
      : request(incoming), caller(who), executor(loop), accepted(accepted_types(incoming)) {}
  const http::Request& request;
  const std::shared_ptr<const Caller>& caller;
  base::Executor executor;
  Accepted accepted;
  std::shared_ptr<const base::JsonDocument> document;
};

// Tool calls are under way; their answers come to the exchange.
struct Pending {
  std::shared_ptr<Exchange> exchange;
  bool batch = false;
  bool progress_wanted = false;
  bool gone_means_cancel = false;  // the stateless revision
};

// What an era decides about a POST, without waiting for anything.
using Outcome = std::variant<http::Response, Pending>;

http::Response rpc_response(int status, std::string message);
http::Response rpc_refusal(int status, const base::JsonValue& id, const RpcError& error);

// Reads `tools/call`. Errc-free: what is wrong is for the client.
base::Result<CallRequest, RpcError> read_call_request(const Engine& engine, const Post& post,
                                                      const Message& message, Revision revision);

// A text for the model when the caller's token does not allow the tool; nullopt when it does.
std::optional<ToolResult> missing_scope(const Caller& caller, const Tool& tool);

// Starts one call, or answers it when the caller lacks the scope.
Outcome call_tool(Engine& engine, const Post& post, CallRequest request);

}  // namespace gatehouse::mcp
