// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/install_links.h"

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::web {
namespace {

std::string vscode_server(std::string_view mcp_url) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("name", "gatehouse").member("type", "http").member("url", mcp_url);
  json.end_object();
  return out;
}

}  // namespace

std::string cursor_install_link(std::string_view mcp_url) {
  std::string server;
  base::JsonWriter json(server);
  json.begin_object().member("url", mcp_url).end_object();
  return "cursor://anysphere.cursor-deeplink/mcp/install?name=gatehouse&config=" +
         base::percent_encode(base::base64_encode(server));
}

std::string vscode_install_link(std::string_view mcp_url) {
  return "vscode:mcp/install?" + base::percent_encode(vscode_server(mcp_url));
}

std::string cursor_configuration(std::string_view mcp_url) {
  std::string out = "{\"mcpServers\": {\"gatehouse\": {\"url\": ";
  base::append_json_string(out, mcp_url);
  return out + "}}}";
}

std::string vscode_command(std::string_view mcp_url) {
  return "code --add-mcp '" + vscode_server(mcp_url) + "'";
}

}  // namespace gatehouse::web
