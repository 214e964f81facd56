// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/methods.h"

#include <algorithm>
#include <utility>

#include "gatehouse/mcp/completion_job.h"
#include "gatehouse/mcp/prompt_job.h"
#include "gatehouse/mcp/resource_job.h"
#include "gatehouse/mcp/tool_job.h"
#include "gatehouse/mcp/uri_template.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kEchoedBytesMax = 64;

RpcError bad(std::string text) { return RpcError(RpcCode::invalid_params, std::move(text)); }

std::string echoed(std::string_view text) { return std::string(text.substr(0, kEchoedBytesMax)); }

// A progress token of another type is as good as none.
base::JsonValue progress_token(const Message& message) {
  const std::optional<base::JsonValue> token = message.meta().find("progressToken");
  const bool usable = token && (token->is_string() || token->kind() == base::JsonKind::integer);
  return usable ? *token : base::JsonValue();
}

// Absent and null arguments are the same.
base::Result<base::JsonValue, RpcError> arguments_of(const Message& message) {
  const auto arguments = message.params.find("arguments");
  if (!arguments) return base::JsonValue();
  if (!arguments->is_object() && !arguments->is_null())
    return bad("params.arguments must be an object");
  return *arguments;
}

base::Result<Answerable, RpcError> as_answerable(base::Result<std::unique_ptr<Job>, RpcError> job) {
  if (!job) return job.error();
  return Answerable(std::move(*job));
}

bool holds(const Caller& caller, const std::string& scope) {
  const auto& has = caller.scopes;
  return scope.empty() || std::find(has.begin(), has.end(), scope) != has.end();
}

// What a request works with and the scope that this needs; empty when it needs none.
template <class T>
MissingScope scope_of(const T* item) {
  return item == nullptr ? MissingScope() : MissingScope{item->scope, item->name};
}

std::string_view name_in(const base::JsonValue& params) {
  return params.find_string("name").value_or("");
}

MissingScope scope_of_resource(const Catalog& catalog, std::string_view uri) {
  const auto found = catalog.resources.find(uri);
  if (!found) return {};
  return found->resource != nullptr ? scope_of(found->resource)
                                    : scope_of(found->resource_template);
}

MissingScope scope_of_completion(const Catalog& catalog, const base::JsonValue& params) {
  const auto ref = params.find("ref");
  if (!ref) return {};
  if (ref->find_string("type") == "ref/prompt")
    return scope_of(catalog.prompts.find(name_in(*ref)));
  return scope_of(catalog.resources.find_template(ref->find_string("uri").value_or("")));
}

MissingScope needed_scope(const Catalog& catalog, const Message& message) {
  if (message.method == "tools/call") return scope_of(catalog.tools.find(name_in(message.params)));
  if (message.method == "prompts/get")
    return scope_of(catalog.prompts.find(name_in(message.params)));
  if (message.method == "resources/read" || message.method == "resources/subscribe")
    return scope_of_resource(catalog, message.params.find_string("uri").value_or(""));
  if (message.method == "completion/complete") return scope_of_completion(catalog, message.params);
  return {};
}

}  // namespace

std::optional<base::Result<Answerable, RpcError>> Methods::read(const Post& post,
                                                                const Message& message,
                                                                Revision revision) const {
  const std::string_view method = message.method;
  if (method == "tools/call") return call_tool(post, message, revision);
  if (method == "tools/list") return list(post, message, ListKind::tools, revision);
  // What the catalog has nothing of is not advertised, and its methods do not exist.
  if (engine_.documents.offers_prompts()) {
    if (method == "prompts/get") return get_prompt(post, message, revision);
    if (method == "prompts/list") return list(post, message, ListKind::prompts, revision);
  }
  if (engine_.documents.offers_resources()) {
    if (method == "resources/read") return read_resource(post, message, revision);
    if (method == "resources/list") return list(post, message, ListKind::resources, revision);
    if (method == "resources/templates/list")
      return list(post, message, ListKind::resource_templates, revision);
  }
  if (engine_.documents.offers_completions() && method == "completion/complete")
    return complete(post, message);
  return std::nullopt;
}

Methods::Read Methods::list(const Post& post, const Message& message, ListKind kind,
                            Revision revision) const {
  const std::string& principal = post.caller->principal;
  const auto cursor = message.params.find("cursor");
  std::size_t number = 0;
  if (cursor && !cursor->is_null()) {
    const auto opened = engine_.cursors.open(principal, kind, cursor->as_string().value_or(""));
    if (!opened) return bad("Unknown cursor; list again without one");
    number = *opened;
  }
  const ServerDocuments::Page* page = engine_.documents.page(kind, revision, number);
  if (page == nullptr) return bad("Unknown cursor; list again without one");
  if (page->is_last) return Answerable(page->text);
  const std::string next = engine_.cursors.seal(principal, kind, number + 1);
  return Answerable(engine_.documents.paged_result(*page, next, revision));
}

Methods::Read Methods::call_tool(const Post& post, const Message& message,
                                 Revision revision) const {
  const auto name = message.params.find_string("name");
  if (!name) return bad("params.name must be a string");
  const Tool* tool = engine_.catalog.tools.find(*name);
  if (tool == nullptr) return bad("Unknown tool: " + echoed(*name));
  const base::Result<base::JsonValue, RpcError> arguments = arguments_of(message);
  if (!arguments) return arguments.error();
  if (tool->tasks == TaskSupport::required && is_legacy(revision)) {
    return RpcError(RpcCode::method_not_found,
                    tool->name + " runs as a task only, which needs revision 2026-07-28");
  }
  return Answerable(
      tool_job(*tool, revision, post.caller, engine_.sealer, post.document, *arguments));
}

Methods::Read Methods::get_prompt(const Post& post, const Message& message,
                                  Revision revision) const {
  const auto name = message.params.find_string("name");
  if (!name) return bad("params.name must be a string");
  const Prompt* prompt = engine_.catalog.prompts.find(*name);
  if (prompt == nullptr) return bad("Unknown prompt: " + echoed(*name));
  const base::Result<base::JsonValue, RpcError> arguments = arguments_of(message);
  if (!arguments) return arguments.error();
  return as_answerable(prompt_job(*prompt, revision, post.caller, engine_.sealer, *arguments));
}

Methods::Read Methods::read_resource(const Post& post, const Message& message,
                                     Revision revision) const {
  const auto uri = message.params.find_string("uri");
  if (!uri) return bad("params.uri must be a string");
  if (!is_legal_uri(*uri)) return bad("params.uri is no URI (RFC 3986) of at most 2048 bytes");
  std::optional<ResourceRegistry::Found> found = engine_.catalog.resources.find(*uri);
  if (!found) return resource_not_found(*uri, revision);
  return Answerable(
      resource_job(std::move(*found), std::string(*uri), revision, post.caller, engine_.sealer));
}

Methods::Read Methods::complete(const Post& post, const Message& message) const {
  return as_answerable(
      completion_job(engine_.catalog, post.caller, engine_.sealer, message.params));
}

std::optional<MissingScope> Methods::missing_scope(const Caller& caller,
                                                   const Message& message) const {
  const MissingScope need = needed_scope(engine_.catalog, message);
  if (holds(caller, need.scope)) return std::nullopt;
  return need;
}

bool Methods::may_watch(const Caller& caller, std::string_view uri) const {
  return engine_.catalog.resources.find(uri) &&
         holds(caller, scope_of_resource(engine_.catalog, uri).scope);
}

CallRequest Methods::call_request(const Post& post, const Message& message, Revision revision,
                                  std::unique_ptr<Job> job) {
  CallRequest request(std::move(job), post.caller, post.document);
  request.progress_token = progress_token(message);
  request.id_json = id_text(message.id);
  request.revision = revision;
  return request;
}

std::optional<MissingScope> Methods::missing_scope_in(const Post& post) const {
  if (post.message) return missing_scope(*post.caller, *post.message);
  for (const base::JsonValue& element : post.document->root().elements()) {
    std::optional<MissingScope> missing = missing_scope(*post.caller, read_message(element));
    if (missing) return missing;
  }
  return std::nullopt;
}

base::Coroutine<void> judge_scope(const Engine& engine, Post& post,
                                  std::shared_ptr<const Caller>& caller,
                                  const MissingScope& missing) {
  base::Coroutine<ScopeVerdict> judging = engine.options.judge_scope(caller, missing);
  ScopeVerdict verdict = co_await std::move(judging);
  if (verdict.caller) caller = verdict.caller;
  post.judged = std::make_unique<JudgedScope>(JudgedScope{missing.scope, std::move(verdict)});
}

namespace {

// A batch may lack several scopes; only the first was judged.
const ScopeVerdict* verdict_on(const Post& post, const MissingScope& missing) {
  const bool judged = post.judged && post.judged->scope == missing.scope;
  return judged ? &post.judged->verdict : nullptr;
}

ToolResult explanation_of(const Post& post, const MissingScope& missing) {
  const ScopeVerdict* verdict = verdict_on(post, missing);
  if (verdict != nullptr && !verdict->explanation.text.empty()) {
    ToolResult given = verdict->explanation;
    given.is_error = true;
    return given;
  }
  return tool_error(missing.wanted_by + " needs the permission \"" + missing.scope +
                    "\", which this connection was not given. Nothing was done. To use it, the "
                    "user has to connect this server again and allow that permission.");
}

}  // namespace

std::string missing_scope_answer(const Engine& engine, const Post& post, const Message& message,
                                 const MissingScope& missing, Revision revision) {
  ToolResult explanation = explanation_of(post, missing);
  const Tool* tool = engine.catalog.tools.find(missing.wanted_by);
  if (message.method != "tools/call" || tool == nullptr) {
    return error_message(id_text(message.id),
                         RpcError(RpcCode::invalid_params, std::move(explanation.text),
                                  std::move(explanation.structured)));
  }
  std::string members = tool_result_members(explanation, *tool, revision);
  return result_message(id_text(message.id), engine.documents.closed(std::move(members), revision));
}

http::Response missing_scope_response(const Engine& engine, const Post& post,
                                      const Message& message, const MissingScope& missing,
                                      Revision revision) {
  const ScopeVerdict* verdict = verdict_on(post, missing);
  if (verdict == nullptr || !verdict->challenge)
    return rpc_response(200, missing_scope_answer(engine, post, message, missing, revision));
  http::Response response = *verdict->challenge;
  const std::string text = explanation_of(post, missing).text;
  response.body = error_message(id_text(message.id), RpcError(RpcCode::invalid_params, text));
  return response;
}

}  // namespace gatehouse::mcp
