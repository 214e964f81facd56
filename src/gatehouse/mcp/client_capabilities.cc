// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/client_capabilities.h"

#include <optional>

#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

ClientCapabilities read_client_capabilities(const base::JsonValue& capabilities) {
  ClientCapabilities can;
  const auto elicitation = capabilities.find("elicitation");
  can.elicitation_url = elicitation && elicitation->find("url");
  // Up to 2025-06-18 there was the form only, and `{}` still means it.
  can.elicitation = elicitation && (elicitation->find("form") || !can.elicitation_url);
  can.sampling = capabilities.find("sampling").has_value();
  can.roots = capabilities.find("roots").has_value();
  const auto extensions = capabilities.find("extensions");
  can.tasks = extensions && extensions->find(kTasksExtension);
  return can;
}

// Tasks are left out: sessions do not know them.
void write_capability_members(base::JsonWriter& json, const ClientCapabilities& can) {
  json.member("elicitation", can.elicitation).member("elicitation_url", can.elicitation_url);
  json.member("sampling", can.sampling).member("roots", can.roots);
}

ClientCapabilities read_capability_members(const base::JsonValue& object) {
  ClientCapabilities can;
  can.elicitation = object.find_bool("elicitation").value_or(false);
  can.elicitation_url = object.find_bool("elicitation_url").value_or(false);
  can.sampling = object.find_bool("sampling").value_or(false);
  can.roots = object.find_bool("roots").value_or(false);
  return can;
}

}  // namespace gatehouse::mcp
