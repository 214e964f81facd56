// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_methods.h"

#include <algorithm>
#include <utility>

#include "gatehouse/mcp/replica_letters.h"
#include "gatehouse/mcp/resource_job.h"
#include "gatehouse/mcp/uri_template.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kEmptyResult = "{}";

RpcError invalid_request(std::string text) {
  return RpcError(RpcCode::invalid_request, std::move(text));
}

RpcError invalid_params(std::string text) {
  return RpcError(RpcCode::invalid_params, std::move(text));
}

// A revision is asked for what it knows, whatever its client declares.
ClientCapabilities known_to(Revision revision, ClientCapabilities can) {
  if (revision < Revision::r2025_11_25) {
    can.elicitation = can.elicitation || can.elicitation_url;
    can.elicitation_url = false;
  }
  if (revision < Revision::r2025_06_18) can.elicitation = false;
  return can;
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

std::function<bool(const Change&)> changes_wanted_by(Engine& engine, const std::string& principal,
                                                     const std::string& session_key) {
  if (!engine.options.announces_changes && !engine.options.watches_resources) return nullptr;
  return [&notes = engine.notes, principal, session_key](const Change& change) {
    if (change.kind != Change::Kind::resource) return true;
    return notes.watches(principal, session_key, change.uri);
  };
}

base::Result<Negotiated, RpcError> LegacyMethods::negotiate(const Message& initialize) {
  const auto asked = initialize.params.find_string("protocolVersion");
  if (!asked) return RpcError(RpcCode::invalid_params, "params.protocolVersion must be a string");
  const std::optional<Revision> revision = revision_named(*asked);
  Negotiated negotiated;
  negotiated.revision = revision && is_legacy(*revision) ? *revision : kNewestLegacy;
  const auto capabilities = initialize.params.find("capabilities");
  if (capabilities) {
    negotiated.capabilities =
        known_to(negotiated.revision, read_client_capabilities(*capabilities));
  }
  return negotiated;
}

std::string LegacyMethods::initialize_answer(const Message& initialize, Revision revision) const {
  return result_message(id_text(initialize.id), engine_.documents.initialize_result(revision));
}

// What only these revisions have, and all at once.
std::optional<std::string> LegacyMethods::own_answer(const Caller& caller, const Message& message,
                                                     const Session& session) const {
  const bool watches = engine_.options.watches_resources;
  if (message.method == "ping") return result_message(id_text(message.id), kEmptyResult);
  if (message.method == "logging/setLevel" && engine_.options.logs)
    return set_log_level(caller, message, session);
  if (watches && message.method == "resources/subscribe")
    return subscribe(caller, message, session);
  if (watches && message.method == "resources/unsubscribe") {
    const std::string uri(message.params.find_string("uri").value_or(""));
    if (!is_legal_uri(uri))
      return error_message(id_text(message.id), invalid_params("params.uri must be a URI"));
    engine_.notes.unsubscribe(caller.principal, session.key, uri);
    return result_message(id_text(message.id), kEmptyResult);
  }
  return std::nullopt;
}

std::string LegacyMethods::set_log_level(const Caller& caller, const Message& message,
                                         const Session& session) const {
  const std::optional<LogLevel> level =
      log_level_named(message.params.find_string("level").value_or(""));
  if (!level) return error_message(id_text(message.id), invalid_params("Unknown log level"));
  engine_.notes.set_log_level(caller.principal, session.key, *level);
  return result_message(id_text(message.id), kEmptyResult);
}

std::string LegacyMethods::subscribe(const Caller& caller, const Message& message,
                                     const Session& session) const {
  const std::string uri(message.params.find_string("uri").value_or(""));
  if (!is_legal_uri(uri))
    return error_message(id_text(message.id), invalid_params("params.uri must be a URI"));
  if (!engine_.catalog.resources.find(uri))
    return error_message(id_text(message.id), resource_not_found(uri, session.revision));
  if (!engine_.notes.subscribe(caller.principal, session.key, uri)) {
    return error_message(id_text(message.id),
                         invalid_params("Too many subscriptions; give one up first"));
  }
  return result_message(id_text(message.id), kEmptyResult);
}

LegacyMethods::Taken LegacyMethods::take_request(const Post& post, const Message& message,
                                                 const Session& session) const {
  std::optional<std::string> own = own_answer(*post.caller, message, session);
  if (own) return std::move(*own);
  auto read = shared_.read(post, message, session.revision);
  if (!read) {
    return error_message(id_text(message.id),
                         RpcError(RpcCode::method_not_found, "Method not found"));
  }
  if (!*read) return error_message(id_text(message.id), read->error());
  auto* result = std::get_if<std::string>(&**read);
  if (result != nullptr) return result_message(id_text(message.id), *result);
  return std::get<std::unique_ptr<Job>>(std::move(**read));
}

void LegacyMethods::start(const Post& post, const Message& message, const Session& session,
                          std::unique_ptr<Job> job, const std::shared_ptr<Exchange>& exchange) {
  CallRequest request = Methods::call_request(post, message, session.revision, std::move(job));
  request.session_key = session.key;
  request.client = session.capabilities;
  engine_.calls.start(post.executor, std::move(request), exchange);
}

std::optional<std::string> LegacyMethods::cancelled_id(const Message& message) {
  const bool cancels =
      message.kind == Message::Kind::notification && message.method == "notifications/cancelled";
  if (!cancels) return std::nullopt;
  const auto id = message.params.find("requestId");
  if (!id) return std::nullopt;
  return id_text(*id);
}

void LegacyMethods::take_notification(const Post& post, const Message& message,
                                      const Session& session) {
  if (message.kind == Message::Kind::response) return take_reply(post, message, session);
  const std::optional<std::string> id = cancelled_id(message);
  if (id) engine_.calls.cancel(post.caller->principal, session.key, *id);
}

void LegacyMethods::take_reply(const Post& post, const Message& message, const Session& session) {
  const std::string& principal = post.caller->principal;
  if (engine_.questions.answer(principal, session.key, message, post.document)) return;
  const std::string asker = engine_.questions.asker(principal, message);
  if (asker.empty()) return;
  StreamLetter letter;
  letter.reply = message.whole.to_text();
  tell_replica(engine_, post.executor, {asker, principal, session.key}, std::move(letter));
}

void LegacyMethods::take(const Post& post, const Message& message, const Session& session,
                         Pending& pending) {
  if (message.kind == Message::Kind::malformed) {
    return pending.exchange->add(error_message(id_text(message.id), not_a_message()));
  }
  if (message.kind != Message::Kind::request) return take_notification(post, message, session);
  const std::optional<MissingScope> missing = shared_.missing_scope(*post.caller, message);
  if (missing) {
    return pending.exchange->add(
        missing_scope_answer(engine_, post, message, *missing, session.revision));
  }
  Taken taken = take_request(post, message, session);
  auto* answer = std::get_if<std::string>(&taken);
  if (answer != nullptr) return pending.exchange->add(std::move(*answer));
  start(post, message, session, std::get<std::unique_ptr<Job>>(std::move(taken)), pending.exchange);
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
