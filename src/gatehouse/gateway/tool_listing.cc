// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_listing.h"

#include <cstdio>

#include "gatehouse/gateway/shown_catalog.h"

namespace gatehouse::gateway {

namespace {

constexpr std::size_t kCharactersPerToken = 4;

// A line of the list, and the sum of those so far.
class Listing {
 public:
  void add(const std::string& name, std::string_view mode, const std::string& scope,
           std::size_t tokens) {
    char line[256];
    std::snprintf(line, sizeof line, "%-24s %-8s %-16s %5zu tokens\n", name.c_str(),
                  std::string(mode).c_str(), scope.empty() ? "-" : scope.c_str(), tokens);
    text_ += line;
    tokens_ += tokens;
    ++count_;
  }
  // Ends a kind of things with its count and sum.
  void sum_up(const char* what) {
    text_ += std::to_string(count_) + " " + what + ", " + std::to_string(tokens_) + " tokens";
    count_ = tokens_ = 0;
  }
  void say(std::string_view text) { text_ += text; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t count_ = 0;
  std::size_t tokens_ = 0;
};

std::size_t tokens_of(const mcp::ResourceTemplate& kind) {
  return (kind.uri_template.size() + kind.name.size() + kind.title.size() +
          kind.description.size() + kind.mime_type.size()) /
         kCharactersPerToken;
}

std::size_t tokens_of(const mcp::Prompt& prompt) {
  std::size_t size = prompt.name.size() + prompt.title.size() + prompt.description.size();
  for (const mcp::PromptArgument& argument : prompt.arguments)
    size += argument.name.size() + argument.title.size() + argument.description.size();
  return size / kCharactersPerToken;
}

std::string listing_of(const mcp::Catalog& catalog) {
  Listing list;
  const LeastModes modes;
  for (const mcp::Tool& tool : catalog.tools.tools())
    list.add(tool.name, modes.of(tool), tool.scope, gateway::tokens_of(tool));
  list.sum_up("tools");
  list.say(" without output schemas\n\n");
  for (const mcp::ResourceTemplate& kind : catalog.resources.templates())
    list.add(kind.uri_template, "readonly", kind.scope, tokens_of(kind));
  list.sum_up("kinds of resources");
  list.say("\n\n");
  for (const mcp::Prompt& prompt : catalog.prompts.prompts())
    list.add(prompt.name, "readonly", prompt.scope, tokens_of(prompt));
  list.sum_up("prompts");
  list.say("\n");
  return list.take();
}

}  // namespace

std::string tool_listing() {
  const ShownCatalog shown(workspace::Mode::full);
  return listing_of(shown.catalog());
}

}  // namespace gatehouse::gateway
