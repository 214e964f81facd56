// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_listing.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "gatehouse/http/curl_client.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

namespace {

constexpr std::size_t kCharactersPerToken = 4;

// A line of the list, and the sum of those so far.
class Listing {
 public:
  void add(const std::string& name, const char* does, const std::string& scope,
           std::size_t characters) {
    const std::size_t tokens = characters / kCharactersPerToken;
    char line[256];
    std::snprintf(line, sizeof line, "%-24s %-6s %-20s %5zu tokens\n", name.c_str(), does,
                  scope.empty() ? "-" : scope.c_str(), tokens);
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

std::size_t size_of(const mcp::Tool& tool) {
  return tool.name.size() + tool.title.size() + tool.description.size() + tool.input_schema.size();
}

std::size_t size_of(const mcp::ResourceTemplate& kind) {
  return kind.uri_template.size() + kind.name.size() + kind.title.size() + kind.description.size() +
         kind.mime_type.size();
}

std::size_t size_of(const mcp::Prompt& prompt) {
  std::size_t size = prompt.name.size() + prompt.title.size() + prompt.description.size();
  for (const mcp::PromptArgument& argument : prompt.arguments)
    size += argument.name.size() + argument.title.size() + argument.description.size();
  return size;
}

std::string listing_of(const mcp::Catalog& catalog) {
  Listing list;
  for (const mcp::Tool& tool : catalog.tools.tools())
    list.add(tool.name, tool.annotations.read_only ? "reads" : "writes", tool.scope, size_of(tool));
  list.sum_up("tools");
  list.say(" without output schemas\n\n");
  for (const mcp::ResourceTemplate& kind : catalog.resources.templates())
    list.add(kind.uri_template, "reads", kind.scope, size_of(kind));
  list.sum_up("kinds of resources");
  list.say("\n\n");
  for (const mcp::Prompt& prompt : catalog.prompts.prompts())
    list.add(prompt.name, "asks", prompt.scope, size_of(prompt));
  list.sum_up("prompts");
  list.say("\n");
  return list.take();
}

}  // namespace

std::string tool_listing() {
  boost::asio::io_context loop(1);
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  http::CurlClient client(loop, {});
  google::ApiClient api(client, {}, clock, random, log);
  workspace::Services services{api, clock, random, log, workspace::Mode::full};
  mcp::Catalog catalog;
  workspace::fill_catalog(catalog, services);
  return listing_of(catalog);
}

}  // namespace gatehouse::gateway
