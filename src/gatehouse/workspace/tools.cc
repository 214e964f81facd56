// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/tools.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/account_tools.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/resources.h"
#include "gatehouse/workspace/gmail/tools.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/prompts/prompts.h"
#include "gatehouse/workspace/undo.h"
#include "gatehouse/workspace/whoami.h"

namespace gatehouse::workspace {

namespace {

// The products, in the order of the tool list.
struct Toolset {
  std::vector<mcp::Tool> (*tools)(Services&);
  std::vector<mcp::ResourceTemplate> (*resource_templates)(Services&);
  std::vector<ScopeNeed> (*needs)();
  std::vector<UndoKind> (*undo_kinds)();
};

constexpr std::array<Toolset, 1> kToolsets{{
    {&gmail::tools, &gmail::resource_templates, &gmail::scope_needs, &gmail::undo_kinds},
}};

// The argument reader of `mcp` complains in plain text; here every refusal has the one shape. What
// Google was not allowed to serve says how it can be.
base::Coroutine<mcp::ToolResult> with_uniform_refusals(mcp::ToolHandler handler, std::string scope,
                                                       mcp::ToolCall& call) {
  mcp::ToolResult result = co_await handler(call);
  if (result.is_error && result.structured.empty())
    co_return invalid_argument(std::move(result.text));
  if (scope.empty() || !is_scope_missing(result)) co_return result;
  const Account& account = account_of(call.caller);
  const std::string missing = missing_scope(result, scope);
  const Remedy remedy = co_await account.remedy(missing);
  co_return scope_missing(result, remedy);
}

void add(mcp::ToolRegistry& registry, mcp::Tool tool) {
  tool.handler = [handler = std::move(tool.handler), scope = tool.scope](mcp::ToolCall& call) {
    return with_uniform_refusals(handler, scope, call);
  };
  registry.add(std::move(tool));
}

bool has_undo(Mode mode) {
  const std::vector<UndoKind> kinds = all_undo_kinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const UndoKind& kind) { return allows(mode, kind.least); });
}

std::vector<ScopeNeed> needs_of(Mode mode, std::string_view scope) {
  std::vector<ScopeNeed> needs = all_scope_needs();
  std::erase_if(needs, [&](const ScopeNeed& need) {
    return scope_for(need) != scope || !allows(mode, need.least);
  });
  return needs;
}

}  // namespace

std::string_view scope_for(const ScopeNeed& need) {
  return need.least == Mode::readonly ? kWorkspaceScope : kWorkspaceWriteScope;
}

std::vector<ScopeNeed> all_scope_needs() {
  std::vector<ScopeNeed> needs;
  for (const Toolset& toolset : kToolsets) {
    for (const ScopeNeed& need : toolset.needs()) needs.push_back(need);
  }
  return needs;
}

std::vector<UndoKind> all_undo_kinds() {
  std::vector<UndoKind> kinds;
  for (const Toolset& toolset : kToolsets) {
    for (const UndoKind& kind : toolset.undo_kinds()) kinds.push_back(kind);
  }
  return kinds;
}

void fill_catalog(mcp::Catalog& catalog, Services& services) {
  add(catalog.tools, whoami_tool(services));
  add(catalog.tools, connect_tool(services));
  add(catalog.tools, disconnect_tool(services));
  if (has_undo(services.mode)) add(catalog.tools, undo_tool(services));
  for (const Toolset& toolset : kToolsets) {
    for (mcp::Tool& tool : toolset.tools(services)) add(catalog.tools, std::move(tool));
    for (mcp::ResourceTemplate& kind : toolset.resource_templates(services))
      catalog.resources.add(std::move(kind));
  }
  for (mcp::Prompt& prompt : prompts::all(services.clock)) catalog.prompts.add(std::move(prompt));
}

std::vector<std::string> google_scopes(Mode mode) {
  std::vector<std::string> scopes;
  for (const ScopeNeed& need : all_scope_needs()) {
    if (allows(mode, need.least)) scopes.emplace_back(need.scope);
  }
  return collapsed(scopes);
}

std::vector<std::string> google_scopes(Mode mode, const std::vector<std::string>& scopes) {
  std::vector<std::string> needed;
  for (const std::string& scope : scopes) {
    for (const ScopeNeed& need : needs_of(mode, scope)) needed.emplace_back(need.scope);
  }
  return collapsed(needed);
}

std::vector<std::string> served_scopes(Mode mode, const std::vector<std::string>& scopes,
                                       const std::vector<std::string>& granted) {
  std::vector<std::string> served;
  for (const std::string& scope : scopes) {
    const std::vector<ScopeNeed> needs = needs_of(mode, scope);
    const bool serves =
        needs.empty() || std::any_of(needs.begin(), needs.end(), [&](const ScopeNeed& need) {
          return is_granted(granted, need.scope);
        });
    if (serves) served.push_back(scope);
  }
  return served;
}

}  // namespace gatehouse::workspace
