// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/home_page.h"

#include "gatehouse/web/lifetime_words.h"

namespace gatehouse::web {
namespace {

Html command(std::string_view line) { return html("<pre>{}</pre>\n", line); }

Html command_lines(const std::string& url) {
  Html out = html("<h2>Claude Code</h2>\n");
  out += command("claude mcp add --transport http gatehouse " + url);
  out += html("<h2>Cursor</h2>\n<p>In <code>~/.cursor/mcp.json</code>:</p>\n");
  out += command("{ \"mcpServers\": { \"gatehouse\": { \"url\": \"" + url + "\" } } }");
  out += html("<h2>VS Code</h2>\n");
  out += command("code --add-mcp '{\"name\":\"gatehouse\",\"type\":\"http\",\"url\":\"" + url +
                 "\"}'");
  out += html("<h2>Gemini CLI</h2>\n");
  out += command("gemini mcp add --transport http gatehouse " + url);
  out += html("<h2>Codex CLI</h2>\n");
  out += command("codex mcp add gatehouse --url " + url);
  return out;
}

Html connectors() {
  return html(
      "<h2>Claude on the web and desktop</h2>\n"
      "<p>Settings, Connectors, <em>Add custom connector</em>, and paste the address.</p>\n"
      "<h2>ChatGPT</h2>\n"
      "<p>Settings, Apps and connectors, switch on developer mode under <em>Advanced</em>, then "
      "<em>Create</em>, paste the address and choose OAuth.</p>\n"
      "<h2>Anything else</h2>\n"
      "<p>Any MCP client that takes a URL will do. For one that only starts programs:</p>\n");
}

}  // namespace

Page home_page(const SiteSettings& settings) {
  const std::string url = settings.mcp_url();
  Page page;
  page.title = "Connect an assistant";
  page.body = html(
      "<h1>Connect your assistant to Google Workspace</h1>\n"
      "<p>Add this address to your MCP client. It opens this site once; you sign in with your work "
      "account, and the assistant can then do for you what you allowed.</p>\n"
      "{}"
      "<p class=\"quiet\">You sign in again every {}. What is connected, and the way to "
      "end "
      "it: <a href=\"/account\">your account</a>.</p>\n"
      "{}{}{}",
      command(url), lifetime_words(settings.session_ttl), command_lines(url), connectors(),
      command("npx mcp-remote " + url));
  return page;
}

}  // namespace gatehouse::web
