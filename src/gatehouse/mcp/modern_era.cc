// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/modern_era.h"

#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kEchoedBytesMax = 64;

struct Refusal {
  Refusal(int http_status, RpcCode code, std::string text)
      : status(http_status), error(code, std::move(text)) {}
  int status;
  RpcError error;
};

Refusal mismatch(std::string text) { return {400, RpcCode::header_mismatch, std::move(text)}; }
Refusal bad_params(std::string text) { return {400, RpcCode::invalid_params, std::move(text)}; }

Refusal unsupported_version(std::string_view requested) {
  Refusal refusal(400, RpcCode::unsupported_version, "Unsupported protocol version");
  base::JsonWriter json(refusal.error.data);
  json.begin_object().key("supported").begin_array().value(name_of(kModern)).end_array();
  json.member("requested", requested.substr(0, kEchoedBytesMax)).end_object();
  return refusal;
}

// Which member of params `Mcp-Name` repeats; empty when the method has none.
std::string_view named_member(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel")
    return "taskId";
  return {};
}

// A header that is present must repeat the body's value.
std::optional<Refusal> contradiction(const SingleHeader& header, std::string_view name,
                                     std::string_view body) {
  if (header.repeated) return mismatch(std::string(name) + " is repeated");
  if (header.value && *header.value != body) {
    return mismatch(std::string(name) + " does not match the body");
  }
  return std::nullopt;
}

std::optional<Refusal> name_problem(const http::Request& request, const Message& message) {
  const std::string_view member = named_member(message.method);
  if (member.empty()) return std::nullopt;
  const SingleHeader header = single_header(request, kNameHeader);
  if (header.repeated) return mismatch("Mcp-Name is repeated");
  if (!header.value) return mismatch("Mcp-Name is required for this method");
  const std::optional<std::string> name = decoded_header_value(*header.value);
  if (!name) return mismatch("Mcp-Name is not well encoded");
  const auto body = message.params.find_string(member);
  if (body && *body != *name) return mismatch("Mcp-Name does not match the body");
  return std::nullopt;
}

std::optional<Refusal> required_header_problem(const http::Request& request, const Message& message,
                                               const SingleHeader& version,
                                               const SingleHeader& method) {
  if (!version.value) return mismatch("MCP-Protocol-Version is required");
  if (message.kind != Message::Kind::request) return std::nullopt;
  if (!method.value) return mismatch("Mcp-Method is required");
  return name_problem(request, message);
}

std::optional<Refusal> meta_problem(const Message& message) {
  const base::JsonValue meta = message.meta();
  const auto capabilities = meta.find(kMetaCapabilities);
  if (!capabilities || !capabilities->is_object()) {
    return bad_params("params._meta must hold the object " + std::string(kMetaCapabilities));
  }
  const auto level = meta.find(kMetaLogLevel);
  if (level && !is_log_level(level->as_string().value_or(""))) {
    return bad_params("params._meta holds an unknown log level");
  }
  return std::nullopt;
}

// The checks before dispatch, in the order of the specification's precedence.
std::optional<Refusal> envelope_problem(const http::Request& request, const Message& message) {
  const auto claim = message.meta().find(kMetaVersion);
  const std::string_view revision = claim->as_string().value_or("");
  const SingleHeader version = single_header(request, kVersionHeader);
  const SingleHeader method = single_header(request, kMethodHeader);
  std::optional<Refusal> problem = contradiction(version, kVersionHeader, revision);
  if (!problem) problem = contradiction(method, kMethodHeader, message.method);
  if (problem) return problem;
  if (!claim->is_string())
    return bad_params("The protocol version in params._meta must be a string");
  if (revision != name_of(kModern)) return unsupported_version(revision);
  problem = required_header_problem(request, message, version, method);
  if (problem || message.kind != Message::Kind::request) return problem;
  return meta_problem(message);
}

http::Response accepted() {
  http::Response response = http::empty_response(202);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace

bool ModernEra::claims(const Message& message) {
  return message.meta().find(kMetaVersion).has_value();
}

Outcome ModernEra::answer(const Post& post, const Message& message) {
  const std::optional<Refusal> problem = envelope_problem(post.request, message);
  if (problem) return rpc_refusal(problem->status, message.id, problem->error);
  if (message.kind != Message::Kind::request) return accepted();
  if (message.method == "tools/call") return call(post, message);
  if (message.method == "tools/list") return list_tools(message);
  if (message.method == "server/discover") {
    return complete(message, engine_.documents.discover_result());
  }
  if (message.method == "subscriptions/listen") return listen(post, message);
  // Methods of the legacy era end here too: they do not exist in this revision.
  return rpc_refusal(404, message.id, RpcError(RpcCode::method_not_found, "Method not found"));
}

http::Response ModernEra::complete(const Message& message, const std::string& result) const {
  return rpc_response(200, result_message(id_text(message.id), result));
}

http::Response ModernEra::list_tools(const Message& message) const {
  const auto cursor = message.params.find("cursor");
  if (cursor && !cursor->is_null()) {
    return rpc_refusal(200, message.id, RpcError(RpcCode::invalid_params, "Unknown cursor"));
  }
  return complete(message, engine_.documents.tools_list_result(kModern));
}

Outcome ModernEra::call(const Post& post, const Message& message) {
  base::Result<CallRequest, RpcError> request = read_call_request(engine_, post, message, kModern);
  if (!request) return rpc_refusal(200, message.id, request.error());
  return call_tool(engine_, post, std::move(*request));
}

// The tools never change while the process lives, so no kind of notification is granted; the stream
// stays open all the same, because clients that listen treat its end as a lost server.
http::Response ModernEra::listen(const Post& post, const Message& message) {
  const auto wanted = message.params.find("notifications");
  if (!wanted || !wanted->is_object()) {
    return rpc_refusal(200, message.id,
                       RpcError(RpcCode::invalid_params, "params.notifications must be an object"));
  }
  if (!post.accepted.events) {
    return rpc_refusal(
        406, message.id,
        RpcError(RpcCode::invalid_request, "subscriptions/listen needs text/event-stream"));
  }
  const std::string id = id_text(message.id);
  OpenStreams::Terms terms;
  terms.principal = post.caller->principal;
  terms.expires = post.caller->expires;
  terms.last_message = result_message(id, engine_.documents.subscription_result(id));
  http::Response response;
  response.stream = engine_.streams.open(post.executor, std::move(terms));
  if (!response.stream) {
    return rpc_refusal(429, message.id, RpcError(RpcCode::internal, "Too many open streams"));
  }
  std::string params;
  base::JsonWriter json(params);
  json.begin_object().key("_meta").begin_object().key(kMetaSubscription).raw(id).end_object();
  json.key("notifications").begin_object().end_object().end_object();
  const std::string acknowledged =
      notification_message("notifications/subscriptions/acknowledged", params);
  response.stream->send({acknowledged, {}, {}});
  return response;
}

}  // namespace gatehouse::mcp
