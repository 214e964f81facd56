// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/tool_registry.h"

#include <cassert>
#include <utility>

#include "gatehouse/mcp/legal_name.h"

namespace gatehouse::mcp {
namespace {

bool is_object_schema(std::string_view schema) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(schema);
  return document && document->root().find_string("type") == "object";
}

std::vector<HeaderParameter> headers_of(std::string_view schema) {
  if (schema.find("x-mcp-header") == std::string_view::npos) return {};
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(schema);
  assert(document);
  std::optional<std::vector<HeaderParameter>> headers = header_parameters(document->root());
  assert(headers && "x-mcp-header is not legal");
  return std::move(*headers);
}

}  // namespace

void ToolRegistry::add(Tool tool) {
  assert(is_legal_name(tool.name) && find(tool.name) == nullptr);
  assert(!tool.description.empty() && tool.handler);
  assert(is_object_schema(tool.input_schema));
  assert(tool.output_schema.empty() || is_object_schema(tool.output_schema));
  tool.header_parameters = headers_of(tool.input_schema);
  tools_.push_back(std::move(tool));
}

// A scan: some fifty names, most of them told apart by their length.
const Tool* ToolRegistry::find(std::string_view name) const {
  for (const Tool& tool : tools_) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

}  // namespace gatehouse::mcp
