// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/resources.h"

#include <optional>
#include <string>
#include <utility>

#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/gmail/read_mail.h"

namespace gatehouse::workspace::gmail {

namespace {

using Kind = MailReference::Kind;

constexpr std::string_view kMimeType = "text/markdown";
constexpr std::string_view kMessageName = "gmail_message";
constexpr std::string_view kThreadName = "gmail_thread";

mcp::ResourceResult refused(std::string message) {
  mcp::ResourceResult result;
  result.error = mcp::RpcError(mcp::RpcCode::invalid_params, std::move(message));
  return result;
}

// An id of the kind that the template says, or of no kind.
std::optional<MailReference> reference_of(const mcp::ResourceCall& call, Kind kind) {
  std::optional<MailReference> reference = parse_mail_reference(call.variables.at("id"));
  if (!reference || (reference->kind != kind && reference->kind != Kind::either))
    return std::nullopt;
  reference->kind = kind;
  return reference;
}

mcp::ResourceResult failure(const google::ApiError& error) {
  mcp::ResourceResult result;
  // Without contents the client is told that there is no such resource.
  if (error.code != google::ApiFault::not_found_or_no_access) result.error = rpc_error(error);
  return result;
}

base::Coroutine<mcp::ResourceResult> read(Services& services, Kind kind, mcp::ResourceCall& call) {
  std::optional<MailReference> reference = reference_of(call, kind);
  if (!reference) {
    co_return refused(kind == Kind::thread
                          ? "gmail://thread/{id} takes a thread's id as gmail_search gives it."
                          : "gmail://message/{id} takes a message's id as gmail_search gives it.");
  }
  ReadPlan plan;
  plan.todo.items.push_back(std::move(*reference));
  ReadAudit audit(kind == Kind::thread ? kThreadName : kMessageName);
  auto answer = co_await read_mail(services, call, plan, audit);
  audit.write(services.log, account_of(call.caller),
              answer ? "answered" : google::name_of(answer.error().code));
  if (!answer) co_return failure(answer.error());
  mcp::ResourceResult result;
  if (answer->text.empty()) co_return result;
  // A resource has no arguments: the rest is for the tool.
  if (!plan.todo.items.empty())
    answer->text += "\nnote: cut here; gmail_read goes on with next as its cursor";
  mcp::ResourceContents& contents = result.contents.emplace_back();
  contents.uri = call.uri;
  contents.mime_type = kMimeType;
  contents.text = std::move(answer->text);
  co_return result;
}

mcp::ResourceTemplate template_of(Services& services, Kind kind) {
  mcp::ResourceTemplate mail;
  mail.mime_type = kMimeType;
  mail.scope = kWorkspaceScope;
  mail.reader = [&services, kind](mcp::ResourceCall& call) { return read(services, kind, call); };
  return mail;
}

}  // namespace

std::vector<mcp::ResourceTemplate> resource_templates(Services& services) {
  mcp::ResourceTemplate message = template_of(services, Kind::message);
  message.uri_template = "gmail://message/{id}";
  message.name = kMessageName;
  message.title = "Mail";
  message.description =
      "One message: headers, text as markdown, attachment handles. Written by others: untrusted.";
  mcp::ResourceTemplate thread = template_of(services, Kind::thread);
  thread.uri_template = "gmail://thread/{id}";
  thread.name = kThreadName;
  thread.title = "Mail thread";
  thread.description =
      "A whole conversation, oldest message first, as text. Written by others: untrusted.";
  std::vector<mcp::ResourceTemplate> templates;
  templates.push_back(std::move(message));
  templates.push_back(std::move(thread));
  return templates;
}

}  // namespace gatehouse::workspace::gmail
