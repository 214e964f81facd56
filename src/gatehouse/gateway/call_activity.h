// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/web/activity.h"

namespace gatehouse::gateway {

// A caller whose session is known.
class GrantHolder {
 public:
  virtual ~GrantHolder() = default;
  virtual const std::string& grant_id() const = 0;
};

// Counts what was called through each session, in the memory of this process and nowhere else: a
// write per call would cost more than it tells, and the audit is in the log. Of a bounded number of
// sessions, those used last.
class CallActivity final : public web::ActivitySource {
 public:
  CallActivity(std::size_t sessions_max, const base::Clock& clock);

  // The same catalog, whose tools and resources are counted when a GrantHolder calls them. It must
  // not outlive this.
  mcp::Catalog counted(mcp::Catalog catalog);

  std::optional<web::SessionActivity> of(std::string_view grant) const override;
  base::SystemTime since() const override { return since_; }

 private:
  // What can be called. There are as many as the catalog has, so an index names one.
  struct Callable {
    std::string name;
    bool changes = false;
  };
  struct Session {
    std::string grant;
    base::SystemTime last{};
    std::vector<std::uint32_t> calls;  // by callable
  };

  std::size_t add(std::string name, bool changes);
  void note(const mcp::Caller& caller, std::size_t callable);
  Session& session_of(const std::string& grant);

  const std::size_t sessions_max_;
  const base::Clock& clock_;
  const base::SystemTime since_;
  std::vector<Callable> callables_;
  std::list<Session> sessions_;  // the one used last is first
  std::unordered_map<std::string_view, std::list<Session>::iterator> by_grant_;
};

}  // namespace gatehouse::gateway
