// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/tool_stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "gatehouse/http/await_for_test.h"

namespace gatehouse::workspace {

namespace {

constexpr std::string_view kRoot = "https://gmail.googleapis.com";
constexpr std::string_view kMailbox = "/gmail/v1/users/me";

base::Coroutine<void> nothing() { co_return; }

google::ApiClientOptions options_without_waits() {
  google::ApiClientOptions options;
  options.pause = [](std::chrono::milliseconds) { return nothing(); };
  return options;
}

}  // namespace

google::ApiTask<base::Secret> StageTokens::access_token() {
  if (failure) co_return *failure;
  co_return base::Secret::copy_of("token-of-" + user_);
}

google::ApiTask<base::Secret> StageTokens::renewed_token(const base::Secret&) {
  co_return google::ApiError{
      google::ApiFault::reconsent_needed, "Google no longer accepts this sign-in.", {}, 401};
}

base::Coroutine<Remedy> StageAccount::remedy(const std::string& scope) const {
  remedied_scope = scope;
  co_return remedy_;
}

google::ApiTask<Profile> StageAccount::profile() const {
  Profile profile;
  profile.email = "alice@acme.example";
  profile.name = "Alice Admin";
  profile.domain = "acme.example";
  profile.granted_scopes = tokens_.scopes;
  profile.signed_in_at = base::from_epoch_seconds(1'794'302'100);
  profile.sign_in_again_at = base::from_epoch_seconds(1'794'302'100 + 7 * 24 * 3600);
  profile.client_name = "Cursor";
  co_return profile;
}

std::string StageSealer::seal(std::string_view purpose, std::string_view principal,
                              std::string_view state, std::chrono::seconds lifetime) {
  const std::string token = "sealed-" + std::to_string(sealed_.size());
  sealed_[token] = {std::string(purpose), std::string(principal), std::string(state),
                    clock_.now() + lifetime};
  return token;
}

base::Result<std::string> StageSealer::open(std::string_view purpose, std::string_view principal,
                                            std::string_view token) {
  const auto found = sealed_.find(token);
  if (found == sealed_.end() || found->second.purpose != purpose ||
      found->second.principal != principal) {
    return base::Error{base::Errc::denied, "not sealed for this"};
  }
  if (found->second.expires <= clock_.now()) return base::Error{base::Errc::not_found, "expired"};
  return found->second.state;
}

ToolStage::ToolStage(Mode mode)
    : api(client, options_without_waits(), clock, random, log),
      services{api, clock, random, log, mode} {
  fill_catalog(catalog, services);
  client.set_script([this](const http::SeenRequest& request) {
    std::string path = request.url.substr(kRoot.size());
    path = path.substr(0, path.find('?'));
    const auto found = canned_.find(path);
    if (found != canned_.end()) {
      return http::ScriptedClient::answer(found->second.status, found->second.body);
    }
    return http::ScriptedClient::answer(
        404, R"({"error":{"code":404,"message":"Not found.","errors":[{"reason":"notFound"}]}})");
  });
}

void ToolStage::google_answers(const std::string& path, std::string body, int status) {
  canned_[std::string(kMailbox) + path] = {status, std::move(body)};
}

mcp::ToolResult ToolStage::call(std::string_view tool, std::string_view arguments) {
  return call_as(alice, tool, arguments);
}

mcp::ToolResult ToolStage::call_as(StageAccount& account, std::string_view tool,
                                   std::string_view arguments) {
  const mcp::Tool* found = catalog.tools.find(tool);
  EXPECT_NE(found, nullptr) << tool;
  const auto document = base::JsonDocument::parse(arguments);
  EXPECT_TRUE(document) << arguments;
  mcp::ToolCall call(account, document->root(), sealer);
  mcp::ToolResult result = http::await_for_test(loop, found->handler(call));
  EXPECT_TRUE(base::JsonDocument::parse(result.structured)) << result.structured;
  return result;
}

mcp::ToolResult ToolStage::call_asking(std::string_view tool, std::string_view arguments,
                                       const char* key, const char* user_answer,
                                       const std::string& state) {
  const auto document = base::JsonDocument::parse(arguments);
  EXPECT_TRUE(document) << arguments;
  mcp::ToolCall call(alice, document->root(), sealer);
  call.client.elicitation = true;
  call.client.elicitation_url = true;
  call.state = state;
  std::optional<base::JsonDocument> answer;
  if (user_answer != nullptr) {
    auto parsed = base::JsonDocument::parse(user_answer);
    EXPECT_TRUE(parsed) << user_answer;
    answer.emplace(std::move(*parsed));
    call.inputs.emplace(key, answer->root());
  }
  return http::await_for_test(loop, catalog.tools.find(tool)->handler(call));
}

mcp::ResourceResult ToolStage::read(const std::string& uri) { return read_as(alice, uri); }

mcp::ResourceResult ToolStage::read_as(StageAccount& account, const std::string& uri) {
  const auto found = catalog.resources.find(uri);
  EXPECT_TRUE(found && found->resource_template != nullptr) << uri;
  if (!found) return {};
  mcp::ResourceCall call(account, sealer);
  call.uri = uri;
  call.variables = found->variables;
  return http::await_for_test(loop, found->resource_template->reader(call));
}

mcp::PromptResult ToolStage::prompt(std::string_view name, const Arguments& arguments) {
  const mcp::Prompt* found = catalog.prompts.find(name);
  EXPECT_NE(found, nullptr) << name;
  mcp::PromptCall call(alice, sealer);
  call.arguments = arguments;
  return http::await_for_test(loop, found->handler(call));
}

std::vector<std::string> ToolStage::completions(std::string_view prompt, std::string_view argument,
                                                const std::string& begun) {
  for (const mcp::PromptArgument& known : catalog.prompts.find(prompt)->arguments) {
    if (known.name != argument || !known.completer) continue;
    mcp::CompletionCall call(alice, sealer);
    call.value = begun;
    return http::await_for_test(loop, known.completer(call)).values;
  }
  ADD_FAILURE() << prompt << " completes no " << argument;
  return {};
}

std::vector<std::string> ToolStage::asked() const {
  std::vector<std::string> paths;
  for (const http::SeenRequest& request : client.seen()) {
    const std::string path = request.url.substr(kRoot.size() + kMailbox.size());
    paths.push_back(path.substr(0, path.find('?')));
  }
  return paths;
}

base::JsonValue json_of(const mcp::ToolResult& result) {
  static std::vector<std::unique_ptr<base::JsonDocument>> kept;
  auto document = base::JsonDocument::parse(result.structured);
  EXPECT_TRUE(document) << result.structured;
  kept.push_back(std::make_unique<base::JsonDocument>(std::move(*document)));
  return kept.back()->root();
}

std::string code_of(const mcp::ToolResult& result) {
  EXPECT_TRUE(result.is_error) << result.text;
  return std::string(json_of(result).find_string("code").value_or("none"));
}

std::string status_of(const mcp::ToolResult& result) {
  EXPECT_FALSE(result.is_error) << result.text;
  return std::string(json_of(result).find_string("status").value_or("none"));
}

MailboxTarget target_of(const http::SeenRequest& request) {
  const std::size_t end = std::min(request.url.find('?'), request.url.size());
  const std::size_t begin = request.url.find(kMailbox) + kMailbox.size();
  return {request.url.substr(begin, end - begin), request.url.substr(end)};
}

}  // namespace gatehouse::workspace
