// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {

// What a client declared, as far as a server may ever use it: at `initialize`, or with every
// request of the stateless revision.
struct ClientCapabilities {
  bool elicitation = false;  // by form
  bool elicitation_url = false;
  bool sampling = false;
  bool roots = false;
  bool tasks = false;  // the extension io.modelcontextprotocol/tasks

  bool operator==(const ClientCapabilities&) const = default;
};
ClientCapabilities read_client_capabilities(const base::JsonValue& capabilities);

// As members of an object of our own, to be kept or passed on.
void write_capability_members(base::JsonWriter& json, const ClientCapabilities& can);
ClientCapabilities read_capability_members(const base::JsonValue& object);

}  // namespace gatehouse::mcp
