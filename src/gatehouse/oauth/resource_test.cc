// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/resource.h"

#include <gtest/gtest.h>

namespace gatehouse::oauth {
namespace {

struct Case {
  std::string name;
  std::string resource;
  bool ours;
};

TEST(Resource, MapsEverySpellingOfUsToOneAudience) {  // AZ-16
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  const Case cases[] = {
      {"endpoint", "https://gate.example/mcp", true},
      {"endpoint with slash", "https://gate.example/mcp/", true},
      {"older endpoint", "https://gate.example/sse", true},
      {"origin", "https://gate.example", true},
      {"origin as URL objects write it", "https://gate.example/", true},
      {"upper case", "HTTPS://GATE.example/mcp", true},
      {"default port", "https://gate.example:443/mcp", true},
      {"another server", "https://other.example/mcp", false},
      {"another path", "https://gate.example/other", false},
      {"path in capitals", "https://gate.example/MCP", false},
      {"another port", "https://gate.example:8443/mcp", false},
      {"plain http", "http://gate.example/mcp", false},
      {"fragment", "https://gate.example/mcp#x", false},
      {"query", "https://gate.example/mcp?x", false},
      {"userinfo", "https://gate.example@evil.example/mcp", false},
      {"relative", "/mcp", false},
      {"empty", "", false},
      {"too long", "https://gate.example/mcp" + std::string(3000, '/'), false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto canonical = canonical_resource(settings, c.resource);
    EXPECT_EQ(canonical.has_value(), c.ours);
    EXPECT_EQ(canonical.value_or("https://gate.example/mcp"), "https://gate.example/mcp");
  }
}

}  // namespace
}  // namespace gatehouse::oauth
