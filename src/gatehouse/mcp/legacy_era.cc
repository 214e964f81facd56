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

bool LegacyEra::can_challenge(const http::Request& request, const Caller& caller) {
  const base::Result<SessionPtr, Refusal> session = find_session(request, caller);
  return session && (*session)->revision >= Revision::r2025_11_25;
}

Outcome LegacyEra::answer(const Post& post, const Message& message) {
  if (message.kind == Message::Kind::malformed) {
    return rpc_refusal(400, message.id, not_a_message());
  }
  if (is_initialize(message)) return initialize(post, message);
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, message.id, session.error().error);
  if (message.kind != Message::Kind::request) {
    methods_.take_notification(post, message, **session);
    return accepted();
  }
  return answer_request(post, message, **session);
}

http::Response LegacyEra::initialize(const Post& post, const Message& message) {
  if (single_header(post.request, kVersionHeader).repeated) {
    return rpc_refusal(400, message.id,
                       RpcError(RpcCode::bad_transport, "MCP-Protocol-Version is repeated"));
  }
  const base::Result<Negotiated, RpcError> negotiated = LegacyMethods::negotiate(message);
  if (!negotiated) return rpc_refusal(200, message.id, negotiated.error());
  http::Response response =
      rpc_response(200, methods_.initialize_answer(message, negotiated->revision));
  response.with(
      std::string(kSessionHeader),
      engine_.sessions.issue(*post.caller, negotiated->revision, negotiated->capabilities));
  return response;
}

// Clients before 2025-11-25 would try to read an event without data.
Exchange::Carries LegacyEra::carries(const Post& post, const Session& session) const {
  if (!post.accepted.events) return Exchange::Carries::answers;
  const bool comes_back =
      engine_.options.resumes_answers && session.revision >= Revision::r2025_11_25;
  return comes_back ? Exchange::Carries::resumable_stream : Exchange::Carries::stream;
}

Outcome LegacyEra::answer_request(const Post& post, const Message& message,
                                  const Session& session) {
  const std::optional<MissingScope> missing =
      methods_.shared().missing_scope(*post.caller, message);
  if (missing) return missing_scope_response(engine_, post, message, *missing, session.revision);
  LegacyMethods::Taken taken = methods_.take_request(post, message, session);
  auto* answer = std::get_if<std::string>(&taken);
  if (answer != nullptr) return rpc_response(200, std::move(*answer));
  Pending pending;
  pending.exchange = std::make_shared<Exchange>(post.executor, carries(post, session));
  pending.principal = post.caller->principal;
  pending.session_key = session.key;
  methods_.start(post, message, session, std::get<std::unique_ptr<Job>>(std::move(taken)),
                 pending.exchange);
  return pending;
}

Outcome LegacyEra::answer_batch(const Post& post, const std::vector<base::JsonValue>& elements) {
  const base::Result<SessionPtr, Refusal> session = find_session(post.request, *post.caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  const base::Result<std::vector<Message>, RpcError> messages =
      methods_.read_batch(elements, (*session)->revision);
  if (!messages) return rpc_refusal(400, {}, messages.error());
  Pending pending;
  pending.batch = true;
  pending.exchange = std::make_shared<Exchange>(
      post.executor, post.accepted.events ? Exchange::Carries::stream : Exchange::Carries::answers);
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
  http::Response response;
  response.stream = resume(request, caller, **session);
  if (response.stream) return response;
  response.stream = engine_.streams.open(executor, terms_of(caller, **session));
  if (response.stream) return response;
  return rpc_refusal(429, {}, RpcError(RpcCode::bad_transport, "Too many open streams"));
}

// An event id that is not ours, or not kept any more, gets a fresh stream.
std::shared_ptr<http::EventStream> LegacyEra::resume(const http::Request& request,
                                                     const Caller& caller, const Session& session) {
  const SingleHeader last = single_header(request, kLastEventHeader);
  if (!last.value) return nullptr;
  return engine_.resumable.resume(caller.principal, session.key, *last.value);
}

OpenStreams::Terms LegacyEra::terms_of(const Caller& caller, const Session& session) {
  OpenStreams::Terms terms;
  terms.principal = caller.principal;
  terms.session_key = session.key;
  terms.expires = std::min(caller.expires, session.expires);
  terms.wants = changes_wanted_by(engine_, caller.principal, session.key);
  return terms;
}

http::Response LegacyEra::end_session(const http::Request& request, const Caller& caller) {
  const base::Result<SessionPtr, Refusal> session = find_session(request, caller);
  if (!session) return rpc_refusal(session.error().status, {}, session.error().error);
  engine_.sessions.end(**session);
  engine_.notes.forget(caller.principal, (*session)->key);
  engine_.streams.end_session(caller.principal, (*session)->key);
  http::Response response = http::empty_response(204);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace gatehouse::mcp
