// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_listing.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "gatehouse/http/curl_client.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

std::string tool_listing() {
  boost::asio::io_context loop(1);
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  http::CurlClient client(loop, {});
  google::ApiClient api(client, {}, clock, random, log);
  workspace::Services services{api, clock, random, workspace::Mode::full};
  mcp::ToolRegistry registry;
  workspace::add_tools(registry, services);

  std::string out;
  std::size_t total = 0;
  char line[256];
  for (const mcp::Tool& tool : registry.tools()) {
    std::size_t tokens = (tool.name.size() + tool.title.size() + tool.description.size() +
                          tool.input_schema.size()) /
                         4;
    total += tokens;
    std::snprintf(line, sizeof line, "%-24s %-6s %-20s %5zu tokens\n", tool.name.c_str(),
                  tool.annotations.read_only ? "reads" : "writes",
                  tool.scope.empty() ? "-" : tool.scope.c_str(), tokens);
    out += line;
  }
  std::snprintf(line, sizeof line, "%zu tools, %zu tokens without output schemas\n",
                registry.tools().size(), total);
  return out + line;
}

}  // namespace gatehouse::gateway
