// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_era.h"

#include <algorithm>
#include <utility>

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kEmptyResult = "{}";

http::Response accepted() {
  http::Response response = http::empty_response(202);
  response.with("Cache-Control", "no-store");
  return response;
}

bool is_request(const Message& message, std::string_view method) {
  return message.kind == Message::Kind::request && message.method == method;
}

RpcError invalid_request(std::string text) {
  return RpcError(RpcCode::invalid_request, std::move(text));
}

// The client's version if we speak it, else our newest of this era.
Revision negotiated(std::string_view asked) {
  const std::optional<Revision> revision = revision_named(asked);
  return revision && is_legacy(*revision) ? *revision : kNewestLegacy;
}

// Absent means what the session negotiated; see 2025-06-18, transports.
std::optional<RpcError> version_header_problem(const http::Request& request) {
  const SingleHeader header = single_header(request, kVersionHeader);
  if (header.repeated) return RpcError(RpcCode::bad_transport, "MCP-Protocol-Version is repeated");
  if (!header.value) return std::nullopt;
  const std::optional<Revision> revision = revision_named(*header.value);
  if (revision && is_legacy(*revision)) return std::nullopt;
  return RpcError(
      RpcCode::bad_transport,
      "Unsupported MCP-Protocol-Version; this session can speak 2024-11-05, 2025-03-26, "
      "2025-06-18 and 2025-11-25");
}

}  // namespace

base::Result<LegacyEra::SessionPtr, LegacyEra::Refusal> LegacyEra::find_session(
    const http::Request& request, const Caller& caller) {
  const SingleHeader header = single_header(request, kSessionHeader);
  if (header.repeated) {
    return Refusal{400, RpcError(RpcCode::bad_transport, "Mcp-Session-Id is repeated")};
  }
  if (!header.value) {
    return Refusal{400, RpcError(RpcCode::bad_transport,
                                 "Mcp-Session-Id is required; open a session with initialize")};
  }
  SessionPtr session = engine_.sessions.open(caller, *header.value);
  if (!session) return Refusal{404, RpcError(RpcCode::session_not_found, "Session not found")};
  std::optional<RpcError> problem = version_header_problem(request);
  if (problem) return Refusal{400, std::move(*problem)};
  return session;
}

Outcome LegacyEra::answer(const Post& post, const Message& message) {
  if (message.kind == Message::Kind::malformed) {
    return rpc_refusal(400, message.id, invalid_request("Not a JSON-RPC 2.0 message of MCP"));
  }
  if (is_request(message, "initialize")) return initialize(post, message);
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, message.id, session.error().error);
  if (message.kind != Message::Kind::request) {
    take_notification(*post.caller, message, **session);
    return accepted();
  }
  if (message.method == "tools/call") return call(post, message, **session);
  return rpc_response(200, answer_at_once(message, **session));
}

http::Response LegacyEra::initialize(const Post& post, const Message& message) {
  if (single_header(post.request, kVersionHeader).repeated) {
    return rpc_refusal(400, message.id,
                       RpcError(RpcCode::bad_transport, "MCP-Protocol-Version is repeated"));
  }
  const auto asked = message.params.find_string("protocolVersion");
  if (!asked) {
    return rpc_refusal(
        200, message.id,
        RpcError(RpcCode::invalid_params, "params.protocolVersion must be a string"));
  }
  const Revision revision = negotiated(*asked);
  const auto capabilities = message.params.find("capabilities");
  const ClientCapabilities can =
      capabilities ? read_client_capabilities(*capabilities) : ClientCapabilities();
  const std::string& result = engine_.documents.initialize_result(revision);
  http::Response response = rpc_response(200, result_message(id_text(message.id), result));
  response.with(std::string(kSessionHeader), engine_.sessions.issue(*post.caller, revision, can));
  return response;
}

std::string LegacyEra::answer_at_once(const Message& message, const Session& session) const {
  if (message.method == "ping") return result_message(id_text(message.id), kEmptyResult);
  if (message.method == "tools/list") return list_tools(message, session);
  return error_message(id_text(message.id),
                       RpcError(RpcCode::method_not_found, "Method not found"));
}

std::string LegacyEra::list_tools(const Message& message, const Session& session) const {
  const auto cursor = message.params.find("cursor");
  if (cursor && !cursor->is_null()) {
    return error_message(id_text(message.id), RpcError(RpcCode::invalid_params, "Unknown cursor"));
  }
  return result_message(id_text(message.id), engine_.documents.tools_list_result(session.revision));
}

Outcome LegacyEra::call(const Post& post, const Message& message, const Session& session) {
  base::Result<CallRequest, RpcError> request =
      read_call_request(engine_, post, message, session.revision);
  if (!request) return rpc_refusal(200, message.id, request.error());
  request->session_key = session.key;
  return call_tool(engine_, post, std::move(*request));
}

// Unknown notifications and stray responses change nothing.
void LegacyEra::take_notification(const Caller& caller, const Message& message,
                                  const Session& session) {
  const bool cancels =
      message.kind == Message::Kind::notification && message.method == "notifications/cancelled";
  if (!cancels) return;
  const auto id = message.params.find("requestId");
  if (id) engine_.calls.cancel(caller, session.key, id_text(*id));
}

Outcome LegacyEra::answer_batch(const Post& post, const std::vector<base::JsonValue>& elements) {
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  if ((*session)->revision != Revision::r2025_03_26) {
    return rpc_refusal(400, {}, invalid_request("Batches belong to revision 2025-03-26 only"));
  }
  if (elements.size() > engine_.options.batch_max) {
    return rpc_refusal(400, {},
                       invalid_request("At most " + std::to_string(engine_.options.batch_max) +
                                       " messages in a batch"));
  }
  std::vector<Message> messages;
  for (const base::JsonValue& element : elements) messages.push_back(read_message(element));
  const auto opens = [](const Message& message) { return is_request(message, "initialize"); };
  if (std::any_of(messages.begin(), messages.end(), opens)) {
    return rpc_refusal(400, {}, invalid_request("initialize must not be part of a batch"));
  }
  Pending pending;
  pending.batch = true;
  pending.exchange = std::make_shared<Exchange>(post.executor);
  for (const Message& message : messages) add_batched(post, message, **session, pending);
  return pending;
}

void LegacyEra::add_batched(const Post& post, const Message& message, const Session& session,
                            Pending& pending) {
  if (message.kind == Message::Kind::malformed) {
    const RpcError error = invalid_request("Not a JSON-RPC 2.0 message of MCP");
    return pending.exchange->add(error_message(id_text(message.id), error));
  }
  if (message.kind != Message::Kind::request) {
    return take_notification(*post.caller, message, session);
  }
  if (message.method == "tools/call") return add_batched_call(post, message, session, pending);
  pending.exchange->add(answer_at_once(message, session));
}

void LegacyEra::add_batched_call(const Post& post, const Message& message, const Session& session,
                                 Pending& pending) {
  base::Result<CallRequest, RpcError> request =
      read_call_request(engine_, post, message, session.revision);
  if (!request) {
    return pending.exchange->add(error_message(id_text(message.id), request.error()));
  }
  const std::optional<ToolResult> missing = missing_scope(*post.caller, *request->tool);
  if (missing) {
    const std::string json = tool_result_json(*missing, *request->tool, session.revision, "");
    return pending.exchange->add(result_message(request->id_json, json));
  }
  request->session_key = session.key;
  if (!request->progress_token.is_null()) pending.progress_wanted = true;
  engine_.calls.start(post.executor, std::move(*request), pending.exchange);
}

http::Response LegacyEra::open_stream(const http::Request& request, const Caller& caller,
                                      const base::Executor& executor) {
  const Accepted accepted_kinds = accepted_types(request);
  if (!accepted_kinds.events && !accepted_kinds.anything) {
    return rpc_refusal(406, {},
                       RpcError(RpcCode::bad_transport, "A GET must accept text/event-stream"));
  }
  const base::Result<SessionPtr, Refusal> session = find_session(request, caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  OpenStreams::Terms terms;
  terms.principal = caller.principal;
  terms.session_key = (*session)->key;
  terms.expires = std::min(caller.expires, (*session)->expires);
  http::Response response;
  response.stream = engine_.streams.open(executor, std::move(terms));
  if (response.stream) return response;
  return rpc_refusal(429, {}, RpcError(RpcCode::bad_transport, "Too many open streams"));
}

http::Response LegacyEra::end_session(const http::Request& request, const Caller& caller) {
  const base::Result<SessionPtr, Refusal> session = find_session(request, caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  engine_.sessions.end(**session);
  engine_.streams.end_session(caller.principal, (*session)->key);
  http::Response response = http::empty_response(204);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace gatehouse::mcp
