// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/account_tools.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace {

namespace {

using mcp::Arg;

constexpr std::string_view kKey = "connect";

enum class Access { read, write };

struct ConnectArgs {
  std::optional<std::vector<std::string>> services;
  Access access = Access::read;
};

constexpr auto kConnectArgs = std::tuple{
    Arg{"services", &ConnectArgs::services, "like gmail; else all"},
    Arg{"access", &ConnectArgs::access, ""}.one_of("read", "write").defaults_to("read"),
};

bool contains(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// One call of the tool.
class Connecting {
 public:
  Connecting(Services& services, mcp::ToolCall& call, const ConnectArgs& args)
      : services_(services), call_(call), args_(args), account_(account_of(call.caller)) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    std::string complaint = read();
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
    if (needs_.empty()) co_return not_offered();
    const auto profile = co_await account_.profile();
    const bool is_unknown =
        !profile && profile.error().code == google::ApiFault::scope_missing;  // no account yet
    if (!profile && !is_unknown) co_return error_result(profile.error());
    if (profile && has_all(*profile)) co_return connected("connected");
    const std::string scope(wanted_scope());
    const Remedy remedy = co_await account_.remedy(scope);
    if (remedy.allowed_meanwhile) co_return connected("allowed");
    if (remedy.consent_url.empty()) co_return no_link();
    co_return ask(remedy.consent_url);
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  std::string_view wanted_scope() const {
    return args_.access == Access::read ? kWorkspaceScope : kWorkspaceWriteScope;
  }

  std::string read() {
    std::vector<std::string> known;
    for (const ScopeNeed& need : all_scope_needs()) {
      if (!contains(known, need.toolset)) known.emplace_back(need.toolset);
      const bool is_meant =
          !args_.services || args_.services->empty() || contains(*args_.services, need.toolset);
      if (is_meant && scope_for(need) == wanted_scope() && allows(services_.mode, need.least))
        needs_.push_back(need);
    }
    for (const std::string& service : args_.services.value_or(std::vector<std::string>())) {
      if (contains(known, service)) continue;
      std::string list;
      for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
      return "services may name: " + list + ".";
    }
    return "";
  }

  bool has_all(const Profile& profile) const {
    return contains(account_.scopes, wanted_scope()) &&
           std::all_of(needs_.begin(), needs_.end(), [&](const ScopeNeed& need) {
             return is_granted(profile.granted_scopes, need.scope);
           });
  }

  // --- answers ---

  static mcp::ToolResult not_offered() {
    return refused("blocked_by_policy",
                   "This server changes nothing there, so it asks for no such "
                   "access.",
                   "Only its operator can allow it (GATEHOUSE_MODE).");
  }

  static mcp::ToolResult no_link() {
    return refused("scope_missing", "There is no link by which the user could allow this.",
                   "Have the user connect Gatehouse anew in the client. If a company's identity "
                   "provider begins its sessions, only who manages that can allow it.");
  }

  mcp::ToolResult connected(std::string_view status) {
    audit_.outcome = status;
    const std::string_view message = status == "allowed"
                                         ? "The user has allowed it: go on."
                                         : "All of it is allowed already: there is nothing to do.";
    return told(status, message, "");
  }

  // The user's answer says whether they went to the page; what they did there shows later.
  mcp::ToolResult ask(const std::string& url) {
    const auto input = call_.client.elicitation_url ? call_.input(kKey) : std::nullopt;
    const auto answer = input ? mcp::read_elicited(*input) : std::nullopt;
    if (answer && answer->action != mcp::Elicited::Action::accept) {
      audit_.outcome = "declined";
      return refused("blocked_by_policy", "The user did not want to open the page.",
                     "Do not try again unless the user asks for it.");
    }
    audit_.outcome = "link given";
    if (!call_.client.elicitation_url || answer)
      return told("link", "Make this call again once the user has allowed it.", url);
    mcp::InputRequest page;
    page.key = std::string(kKey);
    page.kind = mcp::InputKind::elicitation_url;
    page.params = mcp::url_params("Allow this assistant to work with your Google account.", url);
    mcp::InputRequired needed;
    needed.requests.push_back(std::move(page));
    return mcp::tool_needs(std::move(needed));
  }

  static mcp::ToolResult told(std::string_view status, std::string_view message,
                              const std::string& url) {
    mcp::ToolResult result;
    base::JsonWriter json(result.structured);
    json.begin_object().member("status", status).member("message", message);
    result.text = "status: " + std::string(status) + "\nmessage: " + std::string(message);
    if (!url.empty()) {
      json.member("consent_url", url).member("fix", kConsentFix);
      result.text += "\nconsent_url: " + url + "\nfix: " + std::string(kConsentFix);
    }
    json.end_object();
    return result;
  }

  Services& services_;
  mcp::ToolCall& call_;
  const ConnectArgs& args_;
  const Account& account_;
  std::vector<ScopeNeed> needs_;
  WriteAudit audit_{"account connect", "account_connect"};
};

}  // namespace

mcp::Tool connect_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "account_connect";
  spec.title = "Allow more";
  spec.description = "A link by which the user allows this session more at Google.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = true, .open_world = false};
  spec.output_schema = R"({"type":"object","properties":{"consent_url":{"type":"string"}}})";
  return mcp::make_tool(std::move(spec), kConnectArgs, services,
                        &run_audited<Connecting, ConnectArgs>);
}

}  // namespace gatehouse::workspace
