// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/server_info.h"
#include "gatehouse/mcp/tool_registry.h"

namespace gatehouse::mcp {

// The results that are the same for every caller, rendered once. A revision gets only the fields it
// knows.
class ServerDocuments {
 public:
  ServerDocuments(const ServerInfo& info, const ToolRegistry& tools);

  // `initialize`, for a legacy revision.
  const std::string& initialize_result(Revision revision) const {
    return at(initialize_, revision);
  }
  const std::string& tools_list_result(Revision revision) const {
    return at(tools_list_, revision);
  }
  // `server/discover`.
  const std::string& discover_result() const { return discover_; }

  // What ends a `subscriptions/listen`; `id_json` is the request's id.
  std::string subscription_result(std::string_view id_json) const;

  // Members that end every result of the revision, with a leading comma; empty for legacy
  // revisions.
  std::string_view result_tail(Revision revision) const;

 private:
  static constexpr std::size_t kRevisions = 5;
  using PerRevision = std::array<std::string, kRevisions>;
  static const std::string& at(const PerRevision& texts, Revision revision) {
    return texts[static_cast<std::size_t>(revision)];
  }

  std::string server_info_;
  std::string modern_tail_;
  PerRevision initialize_;
  PerRevision tools_list_;
  std::string discover_;
};

}  // namespace gatehouse::mcp
