// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/modern_era.h"

#include <set>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/header_parameter.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kEchoedBytesMax = 64;
constexpr std::size_t kWatchedMax = 64;  // resources per listener

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
  if (level && !log_level_named(level->as_string().value_or(""))) {
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

http::Response complete(const Message& message, const std::string& result) {
  return rpc_response(200, result_message(id_text(message.id), result));
}

ClientCapabilities capabilities_of(const Message& message) {
  const auto capabilities = message.meta().find(kMetaCapabilities);
  return capabilities ? read_client_capabilities(*capabilities) : ClientCapabilities();
}

RpcError tasks_not_declared() {
  return RpcError(
      RpcCode::missing_capability,
      "This needs the tasks extension, which the request does not declare",
      R"({"requiredCapabilities":{"extensions":{")" + std::string(kTasksExtension) + R"(":{}}}})");
}

bool is_task_method(std::string_view method) {
  return method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel";
}

// Headers that repeat arguments of a tool call.
std::optional<Refusal> parameter_problem(const Catalog& catalog, const http::Request& request,
                                         const Message& message) {
  if (message.method != "tools/call") return std::nullopt;
  const Tool* tool = catalog.tools.find(message.params.find_string("name").value_or(""));
  if (tool == nullptr || tool->header_parameters.empty()) return std::nullopt;
  const base::JsonValue arguments = message.params.find("arguments").value_or(base::JsonValue());
  std::optional<std::string> problem =
      header_parameter_problem(tool->header_parameters, request, arguments);
  if (!problem) return std::nullopt;
  return mismatch(std::move(*problem));
}

// What the client brings along for an earlier round of the same request.
std::optional<RpcError> read_answers(const Message& message, CallRequest& request) {
  const auto responses = message.params.find("inputResponses");
  if (responses && !responses->is_object())
    return RpcError(RpcCode::invalid_params, "params.inputResponses must be an object");
  if (responses) request.input_responses = *responses;
  const auto state = message.params.find("requestState");
  if (state && !state->is_string())
    return RpcError(RpcCode::invalid_params, "params.requestState must be a string");
  if (state) request.request_state = *state->as_string();
  return std::nullopt;
}

// The kinds of notification that a listener asked for and this server sends.
struct Granted {
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  std::set<std::string> uris;

  bool covers(const Change& change) const {
    switch (change.kind) {
      case Change::Kind::tools:
        return tools;
      case Change::Kind::prompts:
        return prompts;
      case Change::Kind::resources:
        return resources;
      case Change::Kind::resource:
        return uris.contains(change.uri);
    }
    return false;
  }
};

Granted granted_of(const base::JsonValue& wanted, const EngineOptions& options,
                   const Methods& methods, const Caller& caller) {
  Granted granted;
  if (options.announces_changes) {
    granted.tools = wanted.find_bool("toolsListChanged").value_or(false);
    granted.prompts = wanted.find_bool("promptsListChanged").value_or(false);
    granted.resources = wanted.find_bool("resourcesListChanged").value_or(false);
  }
  const auto uris = wanted.find("resourceSubscriptions");
  if (!uris || !options.watches_resources) return granted;
  for (const base::JsonValue& uri : uris->elements()) {
    if (granted.uris.size() >= kWatchedMax) break;
    const std::string_view text = uri.as_string().value_or("");
    if (methods.may_watch(caller, text)) granted.uris.emplace(text);
  }
  return granted;
}

std::string acknowledged_params(const Granted& granted, std::string_view id_json) {
  std::string params;
  base::JsonWriter json(params);
  json.begin_object().key("_meta").begin_object().key(kMetaSubscription).raw(id_json).end_object();
  json.key("notifications").begin_object();
  if (granted.tools) json.member("toolsListChanged", true);
  if (granted.prompts) json.member("promptsListChanged", true);
  if (granted.resources) json.member("resourcesListChanged", true);
  if (!granted.uris.empty()) {
    json.key("resourceSubscriptions").begin_array();
    for (const std::string& uri : granted.uris) json.value(uri);
    json.end_array();
  }
  json.end_object().end_object();
  return params;
}

}  // namespace

bool ModernEra::claims(const Message& message) {
  return message.meta().find(kMetaVersion).has_value();
}

Outcome ModernEra::answer(const Post& post, const Message& message) {
  const std::optional<Refusal> problem = envelope_problem(post.request, message);
  if (problem) return rpc_refusal(problem->status, message.id, problem->error);
  if (message.kind != Message::Kind::request) return accepted();
  if (message.method == "server/discover")
    return complete(message, engine_.documents.discover_result());
  if (message.method == "subscriptions/listen") return listen(post, message);
  if (is_task_method(message.method)) return answer_task(post, message);
  return answer_request(post, message);
}

Outcome ModernEra::answer_request(const Post& post, const Message& message) {
  auto read = shared_.read(post, message, kModern);
  // Methods of the legacy era end here too: they do not exist in this revision.
  if (!read)
    return rpc_refusal(404, message.id, RpcError(RpcCode::method_not_found, "Method not found"));
  const std::optional<MissingScope> missing = shared_.missing_scope(*post.caller, message);
  if (missing) return missing_scope_response(engine_, post, message, *missing, kModern);
  if (!*read) return rpc_refusal(200, message.id, read->error());
  auto* result = std::get_if<std::string>(&**read);
  if (result != nullptr) return complete(message, *result);
  return start(post, message, std::get<std::unique_ptr<Job>>(std::move(**read)));
}

Outcome ModernEra::start(const Post& post, const Message& message, std::unique_ptr<Job> job) {
  const std::optional<Refusal> problem = parameter_problem(engine_.catalog, post.request, message);
  if (problem) return rpc_refusal(problem->status, message.id, problem->error);
  const ClientCapabilities client = capabilities_of(message);
  if (job->tasks() == TaskSupport::required && !client.tasks)
    return rpc_refusal(400, message.id, tasks_not_declared());
  CallRequest request = Methods::call_request(post, message, kModern, std::move(job));
  request.client = client;
  const auto level = message.meta().find(kMetaLogLevel);
  if (level && engine_.options.logs)
    request.log_level = log_level_named(level->as_string().value_or(""));
  const std::optional<RpcError> misshapen = read_answers(message, request);
  if (misshapen) return rpc_refusal(200, message.id, *misshapen);
  Pending pending;
  pending.exchange = std::make_shared<Exchange>(
      post.executor, post.accepted.events ? Exchange::Carries::stream : Exchange::Carries::answers);
  pending.gone_means_cancel = true;
  engine_.calls.start(post.executor, std::move(request), pending.exchange);
  return pending;
}

http::Response ModernEra::answer_task(const Post& post, const Message& message) {
  if (!engine_.documents.offers_tasks())
    return rpc_refusal(404, message.id, RpcError(RpcCode::method_not_found, "Method not found"));
  if (!capabilities_of(message).tasks) return rpc_refusal(400, message.id, tasks_not_declared());
  const auto id = message.params.find_string("taskId");
  const std::shared_ptr<Tasks::Task> task =
      engine_.tasks.find(post.caller->principal, id.value_or(""));
  if (!task) {
    return rpc_refusal(200, message.id,
                       RpcError(RpcCode::invalid_params, "No such task, or it has expired"));
  }
  if (message.method == "tasks/get")
    return complete(message, engine_.documents.with_server_info(task->detailed_members()));
  if (message.method == "tasks/cancel") engine_.tasks.cancel(*task);
  if (message.method == "tasks/update") {
    const auto responses = message.params.find("inputResponses");
    if (!responses || !responses->is_object()) {
      return rpc_refusal(
          200, message.id,
          RpcError(RpcCode::invalid_params, "params.inputResponses must be an object"));
    }
    engine_.tasks.update(*task, {post.document, *responses});
  }
  return complete(message, engine_.documents.closed("{", kModern));
}

// The stream stays open even when nothing that was asked for will ever come, because clients that
// listen treat its end as a lost server.
http::Response ModernEra::listen(const Post& post, const Message& message) {
  const auto notifications = message.params.find("notifications");
  if (!notifications || !notifications->is_object()) {
    return rpc_refusal(200, message.id,
                       RpcError(RpcCode::invalid_params, "params.notifications must be an object"));
  }
  if (!post.accepted.events) {
    return rpc_refusal(
        406, message.id,
        RpcError(RpcCode::invalid_request, "subscriptions/listen needs text/event-stream"));
  }
  const Granted granted = granted_of(*notifications, engine_.options, shared_, *post.caller);
  const std::string id = id_text(message.id);
  OpenStreams::Terms terms;
  terms.principal = post.caller->principal;
  terms.expires = post.caller->expires;
  terms.last_message = result_message(id, engine_.documents.subscription_result(id));
  terms.subscription_id = id;
  terms.wants = [granted](const Change& change) { return granted.covers(change); };
  http::Response response;
  response.stream = engine_.streams.open(post.executor, std::move(terms));
  if (!response.stream) {
    return rpc_refusal(429, message.id, RpcError(RpcCode::internal, "Too many open streams"));
  }
  const std::string acknowledged = notification_message("notifications/subscriptions/acknowledged",
                                                        acknowledged_params(granted, id));
  response.stream->send({acknowledged, {}, {}});
  return response;
}

}  // namespace gatehouse::mcp
