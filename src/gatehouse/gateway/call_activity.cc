// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/call_activity.h"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

CallActivity::CallActivity(std::size_t sessions_max, const base::Clock& clock)
    : sessions_max_(sessions_max), clock_(clock), since_(clock.now()) {}

std::size_t CallActivity::add(std::string name, bool changes) {
  callables_.push_back({std::move(name), changes});
  return callables_.size() - 1;
}

// The handler's coroutine is handed through, so counting costs no frame.
mcp::Catalog CallActivity::counted(mcp::Catalog catalog) {
  mcp::Catalog out;
  out.prompts = std::move(catalog.prompts);
  for (mcp::Tool tool : catalog.tools.tools()) {
    const std::size_t index = add(tool.name, !tool.annotations.read_only);
    tool.handler = [this, index, inner = std::move(tool.handler)](mcp::ToolCall& call) {
      note(call.caller, index);
      return inner(call);
    };
    out.tools.add(std::move(tool));
  }
  const auto counting = [this](std::size_t index, mcp::ResourceReader inner) {
    return [this, index, inner = std::move(inner)](mcp::ResourceCall& call) {
      note(call.caller, index);
      return inner(call);
    };
  };
  for (mcp::Resource resource : catalog.resources.resources()) {
    const std::size_t index = add(resource.uri, false);
    resource.reader = counting(index, std::move(resource.reader));
    out.resources.add(std::move(resource));
  }
  for (mcp::ResourceTemplate resource : catalog.resources.templates()) {
    const std::size_t index = add(resource.uri_template, false);
    resource.reader = counting(index, std::move(resource.reader));
    out.resources.add(std::move(resource));
  }
  return out;
}

void CallActivity::note(const mcp::Caller& caller, std::size_t callable) {
  const auto* holder = dynamic_cast<const GrantHolder*>(&caller);
  if (holder == nullptr) return;
  Session& session = session_of(holder->grant_id());
  session.last = clock_.now();
  if (session.calls.size() <= callable) session.calls.resize(callable + 1);
  ++session.calls[callable];
}

CallActivity::Session& CallActivity::session_of(const std::string& grant) {
  const auto found = by_grant_.find(grant);
  if (found != by_grant_.end()) {
    sessions_.splice(sessions_.begin(), sessions_, found->second);
    return sessions_.front();
  }
  if (sessions_.size() >= sessions_max_) {
    by_grant_.erase(sessions_.back().grant);
    sessions_.pop_back();
  }
  Session session;
  session.grant = grant;
  sessions_.push_front(std::move(session));
  by_grant_.emplace(sessions_.front().grant, sessions_.begin());
  return sessions_.front();
}

std::optional<web::SessionActivity> CallActivity::of(std::string_view grant) const {
  const auto found = by_grant_.find(grant);
  if (found == by_grant_.end()) return std::nullopt;
  const Session& session = *found->second;
  web::SessionActivity activity;
  activity.last = session.last;
  for (std::size_t i = 0; i < session.calls.size(); ++i) {
    if (session.calls[i] == 0) continue;
    web::ToolUse use;
    use.name = callables_[i].name;
    use.changes = callables_[i].changes;
    use.calls = session.calls[i];
    activity.tools.push_back(std::move(use));
  }
  std::stable_sort(activity.tools.begin(), activity.tools.end(),
                   [](const web::ToolUse& a, const web::ToolUse& b) { return a.calls > b.calls; });
  return activity;
}

}  // namespace gatehouse::gateway
