// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/cross_origin.h"

#include <utility>

namespace gatehouse::oauth {

void allow_any_origin(http::Response& response) {
  response.with("Access-Control-Allow-Origin", "*");
  response.with("Access-Control-Expose-Headers",
                "WWW-Authenticate, Retry-After, Mcp-Session-Id, MCP-Protocol-Version");
}

http::Response preflight_response(std::string methods) {
  http::Response response = http::empty_response(204);
  response.with("Access-Control-Allow-Origin", "*");
  response.with("Access-Control-Allow-Methods", std::move(methods));
  // A wildcard would not cover Authorization (Fetch standard, section 4.8).
  response.with("Access-Control-Allow-Headers",
                "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, "
                "Mcp-Method, Mcp-Name, Last-Event-ID");
  response.with("Access-Control-Max-Age", "3600");
  return response;
}

}  // namespace gatehouse::oauth
