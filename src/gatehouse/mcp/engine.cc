// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/engine.h"

#include <algorithm>
#include <utility>

namespace gatehouse::mcp {
namespace {

// A progress token of another type is as good as none.
base::JsonValue progress_token(const Message& message) {
  const std::optional<base::JsonValue> token = message.meta().find("progressToken");
  const bool usable = token && (token->is_string() || token->kind() == base::JsonKind::integer);
  return usable ? *token : base::JsonValue();
}

}  // namespace

http::Response rpc_response(int status, std::string message) {
  http::Response response = http::json_response(status, std::move(message));
  response.with("Cache-Control", "no-store");
  return response;
}

http::Response rpc_refusal(int status, const base::JsonValue& id, const RpcError& error) {
  return rpc_response(status, error_message(id_text(id), error));
}

base::Result<CallRequest, RpcError> read_call_request(const Engine& engine, const Post& post,
                                                      const Message& message, Revision revision) {
  const auto name = message.params.find_string("name");
  if (!name) return RpcError(RpcCode::invalid_params, "params.name must be a string");
  const Tool* tool = engine.tools.find(*name);
  if (tool == nullptr) {
    return RpcError(RpcCode::invalid_params, "Unknown tool: " + std::string(name->substr(0, 64)));
  }
  const auto arguments = message.params.find("arguments");
  if (arguments && !arguments->is_object() && !arguments->is_null()) {
    return RpcError(RpcCode::invalid_params, "params.arguments must be an object");
  }
  CallRequest request(*tool, post.caller, post.document);
  if (arguments) request.arguments = *arguments;
  request.progress_token = progress_token(message);
  request.id_json = id_text(message.id);
  request.revision = revision;
  request.result_tail = std::string(engine.documents.result_tail(revision));
  return request;
}

std::optional<ToolResult> missing_scope(const Caller& caller, const Tool& tool) {
  const auto& scopes = caller.scopes;
  const bool allowed =
      tool.scope.empty() || std::find(scopes.begin(), scopes.end(), tool.scope) != scopes.end();
  if (allowed) return std::nullopt;
  return tool_error(tool.name + " needs the permission \"" + tool.scope +
                    "\", which this connection was not given. Nothing was done. To use it, the "
                    "user has to connect this server again and allow that permission.");
}

Outcome call_tool(Engine& engine, const Post& post, CallRequest request) {
  const Tool& tool = *request.tool;
  const std::optional<ToolResult> missing = missing_scope(*post.caller, tool);
  if (missing && engine.options.on_missing_scope) {
    return engine.options.on_missing_scope(*post.caller, tool);
  }
  if (missing) {
    const std::string json =
        tool_result_json(*missing, tool, request.revision, request.result_tail);
    return rpc_response(200, result_message(request.id_json, json));
  }
  Pending pending;
  pending.exchange = std::make_shared<Exchange>(post.executor);
  pending.progress_wanted = !request.progress_token.is_null();
  pending.gone_means_cancel = !is_legacy(request.revision);
  engine.calls.start(post.executor, std::move(request), pending.exchange);
  return pending;
}

}  // namespace gatehouse::mcp
