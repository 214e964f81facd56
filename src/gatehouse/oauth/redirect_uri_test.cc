// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/redirect_uri.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::oauth {
namespace {

struct FaultCase {
  std::string name;
  std::string uri;
  bool accepted;
};

TEST(RedirectUri, JudgesEachUriByRule) {  // DC-03
  const FaultCase cases[] = {
      {"https", "https://claude.ai/api/mcp/auth_callback", true},
      {"https with port and query", "https://host.example:8443/cb?x=1", true},
      {"loopback v4", "http://127.0.0.1:33418/", true},
      {"loopback v6", "http://[::1]:9/cb", true},
      {"localhost", "http://localhost:8787/callback", true},
      {"loopback without path", "http://127.0.0.1", true},
      {"cursor local", "http://localhost:8787/callback", true},
      {"cursor web", "https://www.cursor.com/agents/mcp/oauth/callback", true},
      {"cursor app", "cursor://anysphere.cursor-mcp/oauth/callback", true},
      {"cursor app, older", "cursor://anysphere.cursor-mcp/oauth/user-x/callback", true},
      {"reverse domain", "com.example.app:/oauth2redirect", true},
      {"reverse domain with authority", "com.example.app://cb", true},

      {"http elsewhere", "http://client.example/cb", false},
      {"http on another loopback address", "http://127.0.0.2/cb", false},
      {"http on a name like loopback", "http://127.0.0.1.evil.example/cb", false},
      {"http on localhost of a domain", "http://localhost.evil.example/cb", false},
      {"script", "javascript:alert(1)", false},
      {"script with a host", "javascript://localhost/%0aalert(1)", false},
      {"data", "data:text/html,x", false},
      {"file", "file:///etc/passwd", false},
      {"unknown private scheme", "myapp://callback", false},
      {"cursor with another host", "cursor://evil/oauth/callback", false},
      {"cursor prefix alone", "cursor://anysphere.cursor-mcp/", false},
      {"scheme ending in a dot", "com.:/cb", false},
      {"fragment", "https://client.example/cb#x", false},
      {"empty fragment", "https://client.example/cb#", false},
      {"userinfo", "https://claude.ai@evil.example/cb", false},
      {"dot segment", "https://client.example/a/../cb", false},
      {"cursor with a dot segment", "cursor://anysphere.cursor-mcp/../x", false},
      {"relative", "/cb", false},
      {"empty", "", false},
      {"white space", "https://client.example/c b", false},
      {"line break", "https://client.example/cb\r\nX: 1", false},
      {"not ASCII",
       "https://cl\xc3\xaf"
       "ent.example/cb",
       false},
      {"too long", "https://client.example/" + std::string(2048, 'a'), false},
  };
  const AuthorizationServerSettings settings;
  for (const FaultCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(!redirect_uri_fault(settings, c.uri).has_value(), c.accepted);
  }
}

struct MatchCase {
  std::string name;
  std::string registered;
  std::string requested;
  bool matches;
};

TEST(RedirectUri, MatchesByteForByteButForLoopbackPorts) {  // AZ-03, AZ-04
  const MatchCase cases[] = {
      {"same", "https://c.example/cb", "https://c.example/cb", true},
      {"trailing slash", "https://c.example/cb", "https://c.example/cb/", false},
      {"path case", "https://c.example/cb", "https://c.example/CB", false},
      {"host case", "https://c.example/cb", "https://C.example/cb", false},
      {"added query", "https://c.example/cb", "https://c.example/cb?x=1", false},
      {"other port", "https://c.example/cb", "https://c.example:444/cb", false},
      {"default port", "https://c.example/cb", "https://c.example:443/cb", false},
      {"userinfo", "https://c.example/cb", "https://a@c.example/cb", false},
      {"fragment", "https://c.example/cb", "https://c.example/cb#f", false},
      {"dot segment", "https://c.example/cb", "https://c.example/x/../cb", false},
      {"percent-encoded", "https://c.example/cb", "https://c.example/%63b", false},
      {"prefix", "https://c.example/cb", "https://c.example/cbx", false},

      {"loopback port", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true},
      {"loopback other port", "http://localhost:1/cb", "http://localhost:2/cb", true},
      {"loopback v6 port", "http://[::1]/cb", "http://[::1]:8080/cb", true},
      {"loopback path", "http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false},
      {"loopback names differ", "http://127.0.0.1/cb", "http://localhost/cb", false},
      {"loopback scheme", "http://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false},
      {"loopback userinfo", "http://127.0.0.1/cb", "http://x@127.0.0.1:51004/cb", false},
      {"loopback query", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb?x", false},
      {"loopback fragment", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb#", false},
      {"loopback look-alike", "http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false},
      {"app", "cursor://anysphere.cursor-mcp/a", "cursor://anysphere.cursor-mcp/a", true},
      {"app, other path", "cursor://anysphere.cursor-mcp/a", "cursor://anysphere.cursor-mcp/b",
       false},
  };
  for (const MatchCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(redirect_uri_matches(c.registered, c.requested), c.matches);
  }
}

}  // namespace
}  // namespace gatehouse::oauth
