// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/cursors.h"

#include <charconv>
#include <chrono>

namespace gatehouse::mcp {
namespace {

constexpr std::chrono::hours kLifetime(24);
constexpr std::size_t kCursorBytesMax = 1024;

std::string_view purpose_of(ListKind list) {
  switch (list) {
    case ListKind::tools:
      return "mcp-cursor tools";
    case ListKind::prompts:
      return "mcp-cursor prompts";
    case ListKind::resources:
      return "mcp-cursor resources";
    case ListKind::resource_templates:
      return "mcp-cursor resource templates";
  }
  return {};
}

}  // namespace

std::string Cursors::seal(const std::string& principal, ListKind list, std::size_t page) {
  return sealer_.seal(purpose_of(list), principal, std::to_string(page), kLifetime);
}

std::optional<std::size_t> Cursors::open(const std::string& principal, ListKind list,
                                         std::string_view cursor) {
  if (cursor.empty() || cursor.size() > kCursorBytesMax) return std::nullopt;
  const base::Result<std::string> page = sealer_.open(purpose_of(list), principal, cursor);
  if (!page) return std::nullopt;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(page->data(), page->data() + page->size(), number);
  if (error != std::errc() || end != page->data() + page->size()) return std::nullopt;
  return number;
}

}  // namespace gatehouse::mcp
