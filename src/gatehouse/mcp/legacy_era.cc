// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_era.h"

#include <algorithm>
#include <utility>

namespace gatehouse::mcp {
namespace {

http::Response accepted() {
  http::Response response = http::empty_response(202);
  response.with("Cache-Control", "no-store");
  return response;
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
    return rpc_refusal(400, message.id, not_a_message());
  }
  if (is_initialize(message)) return initialize(post, message);
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, message.id, session.error().error);
  if (message.kind != Message::Kind::request) {
    methods_.take_notification(*post.caller, message, **session);
    return accepted();
  }
  if (message.method == "tools/call") return call(post, message, **session);
  return rpc_response(200, methods_.answer_at_once(message, (*session)->revision));
}

http::Response LegacyEra::initialize(const Post& post, const Message& message) {
  if (single_header(post.request, kVersionHeader).repeated) {
    return rpc_refusal(400, message.id,
                       RpcError(RpcCode::bad_transport, "MCP-Protocol-Version is repeated"));
  }
  const base::Result<Revision, RpcError> revision = LegacyMethods::negotiate(message);
  if (!revision) return rpc_refusal(200, message.id, revision.error());
  const auto capabilities = message.params.find("capabilities");
  const ClientCapabilities can =
      capabilities ? read_client_capabilities(*capabilities) : ClientCapabilities();
  http::Response response = rpc_response(200, methods_.initialize_answer(message, *revision));
  response.with(std::string(kSessionHeader), engine_.sessions.issue(*post.caller, *revision, can));
  return response;
}

Outcome LegacyEra::call(const Post& post, const Message& message, const Session& session) {
  base::Result<CallRequest, RpcError> request =
      read_call_request(engine_, post, message, session.revision);
  if (!request) return rpc_refusal(200, message.id, request.error());
  request->session_key = session.key;
  return call_tool(engine_, post, std::move(*request));
}

Outcome LegacyEra::answer_batch(const Post& post, const std::vector<base::JsonValue>& elements) {
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  const base::Result<std::vector<Message>, RpcError> messages =
      methods_.read_batch(elements, (*session)->revision);
  if (!messages) return rpc_refusal(400, {}, messages.error());
  Pending pending;
  pending.batch = true;
  pending.exchange = std::make_shared<Exchange>(post.executor);
  for (const Message& message : *messages) methods_.take(post, message, **session, pending);
  return pending;
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
