// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/tool_registry.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kNameBytesMax = 64;

bool is_legal_name(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), legal);
}

bool is_object_schema(std::string_view schema) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(schema);
  return document && document->root().find_string("type") == "object";
}

}  // namespace

void ToolRegistry::add(Tool tool) {
  assert(is_legal_name(tool.name) && find(tool.name) == nullptr);
  assert(!tool.description.empty() && tool.handler);
  assert(is_object_schema(tool.input_schema));
  assert(tool.output_schema.empty() || is_object_schema(tool.output_schema));
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
