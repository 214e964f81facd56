// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_methods.h"

#include <algorithm>
#include <utility>

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kEmptyResult = "{}";

RpcError invalid_request(std::string text) {
  return RpcError(RpcCode::invalid_request, std::move(text));
}

}  // namespace

bool is_initialize(const Message& message) {
  return message.kind == Message::Kind::request && message.method == "initialize";
}

RpcError not_a_message() { return invalid_request("Not a JSON-RPC 2.0 message of MCP"); }

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

base::Result<Revision, RpcError> LegacyMethods::negotiate(const Message& initialize) {
  const auto asked = initialize.params.find_string("protocolVersion");
  if (!asked) return RpcError(RpcCode::invalid_params, "params.protocolVersion must be a string");
  const std::optional<Revision> revision = revision_named(*asked);
  return revision && is_legacy(*revision) ? *revision : kNewestLegacy;
}

std::string LegacyMethods::initialize_answer(const Message& initialize, Revision revision) const {
  return result_message(id_text(initialize.id), engine_.documents.initialize_result(revision));
}

std::string LegacyMethods::answer_at_once(const Message& message, Revision revision) const {
  if (message.method == "ping") return result_message(id_text(message.id), kEmptyResult);
  if (message.method == "tools/list") return list_tools(message, revision);
  return error_message(id_text(message.id),
                       RpcError(RpcCode::method_not_found, "Method not found"));
}

std::string LegacyMethods::list_tools(const Message& message, Revision revision) const {
  const auto cursor = message.params.find("cursor");
  if (cursor && !cursor->is_null()) {
    return error_message(id_text(message.id), RpcError(RpcCode::invalid_params, "Unknown cursor"));
  }
  return result_message(id_text(message.id), engine_.documents.tools_list_result(revision));
}

void LegacyMethods::take_notification(const Caller& caller, const Message& message,
                                      const Session& session) {
  const bool cancels =
      message.kind == Message::Kind::notification && message.method == "notifications/cancelled";
  if (!cancels) return;
  const auto id = message.params.find("requestId");
  if (id) engine_.calls.cancel(caller, session.key, id_text(*id));
}

void LegacyMethods::take(const Post& post, const Message& message, const Session& session,
                         Pending& pending) {
  if (message.kind == Message::Kind::malformed) {
    return pending.exchange->add(error_message(id_text(message.id), not_a_message()));
  }
  if (message.kind != Message::Kind::request) {
    return take_notification(*post.caller, message, session);
  }
  if (message.method == "tools/call") return take_call(post, message, session, pending);
  pending.exchange->add(answer_at_once(message, session.revision));
}

void LegacyMethods::take_call(const Post& post, const Message& message, const Session& session,
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

base::Result<std::vector<Message>, RpcError> LegacyMethods::read_batch(
    const std::vector<base::JsonValue>& elements, Revision revision) const {
  if (revision != Revision::r2025_03_26)
    return invalid_request("Batches belong to revision 2025-03-26 only");
  if (elements.empty()) return invalid_request("Empty batch");
  if (elements.size() > engine_.options.batch_max) {
    return invalid_request("At most " + std::to_string(engine_.options.batch_max) +
                           " messages in a batch");
  }
  std::vector<Message> messages;
  for (const base::JsonValue& element : elements) messages.push_back(read_message(element));
  if (std::any_of(messages.begin(), messages.end(), is_initialize))
    return invalid_request("initialize must not be part of a batch");
  return messages;
}

}  // namespace gatehouse::mcp
