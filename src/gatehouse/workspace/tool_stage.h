// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/tools.h"

// For tests: the tools over a Google that answers from a table, for two users.
namespace gatehouse::workspace {

class StageTokens final : public google::TokenSource {
 public:
  explicit StageTokens(std::string user) : user_(std::move(user)) {}
  const std::string& user_key() const override { return user_; }
  google::ApiTask<base::Secret> access_token() override;
  google::ApiTask<base::Secret> renewed_token(const base::Secret& rejected) override;
  const std::vector<std::string>& granted_scopes() const override { return scopes; }

  std::vector<std::string> scopes{"gmail.readonly"};
  std::optional<google::ApiError> failure;

 private:
  std::string user_;
};

class StageAccount final : public Account {
 public:
  explicit StageAccount(const std::string& user) : tokens_(user) { principal = user + "/client"; }
  google::TokenSource& tokens() const override { return tokens_; }
  google::ApiTask<Profile> profile() const override;
  base::Coroutine<Remedy> remedy(const std::string& scope) const override;

  mutable StageTokens tokens_;
  Remedy remedy_;
  mutable std::string remedied_scope;  // the last
};

// Tokens readable only by us while the test lives; bound like real ones.
class StageSealer final : public mcp::StateSealer {
 public:
  explicit StageSealer(const base::Clock& clock) : clock_(clock) {}
  std::string seal(std::string_view purpose, std::string_view principal, std::string_view state,
                   std::chrono::seconds lifetime) override;
  base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                 std::string_view token) override;

 private:
  struct Sealed {
    std::string purpose, principal, state;
    base::SystemTime expires;
  };
  const base::Clock& clock_;
  std::map<std::string, Sealed, std::less<>> sealed_;
};

class ToolStage {
 public:
  explicit ToolStage(Mode mode = Mode::full);

  // What Google answers at a path, whatever the query; 404 elsewhere.
  void google_answers(const std::string& path, std::string body, int status = 200);

  mcp::ToolResult call(std::string_view tool, std::string_view arguments);
  mcp::ToolResult call_as(StageAccount& account, std::string_view tool, std::string_view arguments);

  // As a client of alice's that can ask its user, by form and by URL. Without an answer under `key`
  // it waits for the question; `state` is what the question came with.
  mcp::ToolResult call_asking(std::string_view tool, std::string_view arguments,
                              const char* key = nullptr, const char* user_answer = nullptr,
                              const std::string& state = "");

  mcp::ResourceResult read(const std::string& uri);
  mcp::ResourceResult read_as(StageAccount& account, const std::string& uri);

  using Arguments = std::map<std::string, std::string, std::less<>>;
  mcp::PromptResult prompt(std::string_view name, const Arguments& arguments = {});
  std::vector<std::string> completions(std::string_view prompt, std::string_view argument,
                                       const std::string& begun);

  // Paths that were asked for, without the constant beginning; and how many of them.
  std::vector<std::string> asked() const;
  std::size_t asked_count() const { return client.seen().size(); }
  // The whole URL of the n-th request.
  const std::string& url(std::size_t n) const { return client.seen()[n].url; }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'794'400'000)};
  base::SeededRandom random{7};
  telemetry::MemoryLog log;
  http::ScriptedClient client;
  google::ApiClient api;
  StageSealer sealer{clock};
  StageAccount alice{"alice"};
  StageAccount bob{"bob"};
  Services services;
  mcp::Catalog catalog;

 private:
  struct Canned {
    int status;
    std::string body;
  };
  std::map<std::string, Canned> canned_;
};

// Parses what a tool answered; the document lives as long as the process of the test.
base::JsonValue json_of(const mcp::ToolResult& result);
// What a call was refused with, and what became of one that was not.
std::string code_of(const mcp::ToolResult& result);
std::string status_of(const mcp::ToolResult& result);

// Where a request to Gmail goes, uploads or not: below the mailbox, and the query with its mark.
struct MailboxTarget {
  std::string path;
  std::string query;
};
MailboxTarget target_of(const http::SeenRequest& request);

}  // namespace gatehouse::workspace
