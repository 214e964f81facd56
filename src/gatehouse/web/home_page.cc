// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/home_page.h"

#include "gatehouse/http/url.h"
#include "gatehouse/web/domain_words.h"
#include "gatehouse/web/install_links.h"
#include "gatehouse/web/lifetime_words.h"

namespace gatehouse::web {
namespace {

Html command(std::string_view line) { return html("<pre>{}</pre>\n", line); }

Html client(std::string_view id, std::string_view name, const Html& how) {
  return html(
      "<section class=\"client\" id=\"{}\" aria-labelledby=\"{}-name\">\n"
      "<h3 id=\"{}-name\">{}</h3>\n{}</section>\n",
      id, id, id, name, how);
}

Html button(std::string_view address, std::string_view words) {
  return html("<p><a class=\"button\" href=\"{}\">{}</a></p>\n", address, words);
}

Html cursor(const std::string& url) {
  return html("{}<p>Or put this into <code>~/.cursor/mcp.json</code>:</p>\n{}",
              button(cursor_install_link(url), "Add to Cursor"),
              command(cursor_configuration(url)));
}

// Clients that call from their maker's machines cannot reach a server on this one.
Html reach_note(const std::string& url) {
  const auto parts = http::parse_url(url);
  if (!parts || !http::is_loopback_host(parts->host)) return {};
  return html(
      "<p class=\"quiet\">It calls from its maker&#39;s machines, which cannot reach an address on "
      "this computer.</p>\n");
}

Html claude(const std::string& url) {
  return html(
      "<p>On the web, the desktop and the phone alike:</p>\n"
      "<ol>\n"
      "<li>Open <a href=\"https://claude.ai/settings/connectors\">Settings, Connectors</a>.</li>\n"
      "<li>Choose <em>Add custom connector</em> and paste the address.</li>\n"
      "<li>Leave the advanced settings empty, add it, and choose <em>Connect</em>.</li>\n"
      "</ol>\n"
      "<p class=\"quiet\">In a Team or Enterprise plan an owner adds it once for everybody.</p>\n"
      "{}",
      reach_note(url));
}

Html claude_code(const std::string& url) {
  return html("{}{}", command("claude mcp add --transport http gatehouse " + url),
              command("claude mcp login gatehouse"));
}

Html vscode(const std::string& url) {
  return html("{}<p>Or in a terminal:</p>\n{}", button(vscode_install_link(url), "Add to VS Code"),
              command(vscode_command(url)));
}

Html chatgpt(const std::string& url) {
  return html(
      "<ol>\n"
      "<li>Open <em>Settings</em>, <em>Apps</em>, and switch on developer mode.</li>\n"
      "<li>Choose <em>Create</em> and paste the address.</li>\n"
      "<li>Choose OAuth and create it.</li>\n"
      "</ol>\n"
      "<p class=\"quiet\">In a company&#39;s workspace an administrator allows developer mode "
      "first.</p>\n"
      "{}",
      reach_note(url));
}

Html gemini(const std::string& url) {
  return html("{}<p>Then, inside Gemini CLI:</p>\n{}",
              command("gemini mcp add --transport http gatehouse " + url),
              command("/mcp auth gatehouse"));
}

Html others(const SiteSettings& settings) {
  const std::string url = settings.mcp_url();
  return html(
      "<p>Any MCP client that takes an address will do. Leave client id and secret empty; it "
      "registers itself. Codex:</p>\n{}"
      "<p>One that only starts programs:</p>\n{}"
      "<p>One that only knows the older HTTP+SSE transport:</p>\n{}",
      command("codex mcp add gatehouse --url " + url), command("npx mcp-remote " + url),
      command(settings.public_url + "/sse"));
}

Html clients(const SiteSettings& settings) {
  const std::string url = settings.mcp_url();
  Html out = client("cursor", "Cursor", cursor(url));
  out += client("claude", "Claude", claude(url));
  out += client("claude-code", "Claude Code", claude_code(url));
  out += client("vs-code", "VS Code", vscode(url));
  out += client("chatgpt", "ChatGPT", chatgpt(url));
  out += client("gemini-cli", "Gemini CLI", gemini(url));
  out += client("others", "Anything else", others(settings));
  return out;
}

Html jumps() {
  return html(
      "<ul class=\"jump\">\n"
      "<li><a href=\"#cursor\">Cursor</a></li>\n"
      "<li><a href=\"#claude\">Claude</a></li>\n"
      "<li><a href=\"#claude-code\">Claude Code</a></li>\n"
      "<li><a href=\"#vs-code\">VS Code</a></li>\n"
      "<li><a href=\"#chatgpt\">ChatGPT</a></li>\n"
      "<li><a href=\"#gemini-cli\">Gemini CLI</a></li>\n"
      "<li><a href=\"#others\">Anything else</a></li>\n"
      "</ul>\n");
}

Html troubles(const SiteSettings& settings) {
  const std::string lifetime = lifetime_words(settings.session_ttl);
  return html(
      "<h2 id=\"help\">If something stops you</h2>\n"
      "<dl>\n"
      "<dt>Google says <code>admin_policy_enforced</code>, or that access is blocked</dt>\n"
      "<dd>Your organization has not allowed this application yet. Tell {}: it is allowed in the "
      "Google Admin console under Security, API controls.</dd>\n"
      "<dt>Google says <code>org_internal</code></dt>\n"
      "<dd>The account you chose is not of this organization. Start again and choose {}.</dd>\n"
      "<dt>You unticked something on Google&#39;s page</dt>\n"
      "<dd>Everything else works. To add it, end the session on <a href=\"/account\">your "
      "account</a>, connect again and tick it.</dd>\n"
      "<dt>Your assistant asks you to sign in again</dt>\n"
      "<dd>A sign-in lasts {} and nothing extends it. <a href=\"/account\">Your account</a> says "
      "what has ended, and why.</dd>\n"
      "</dl>\n",
      administrator(settings.brand), account_of_words(settings.allowed_domains), lifetime);
}

}  // namespace

Page home_page(const SiteSettings& settings) {
  Page page(settings.brand);
  page.title = "Connect an assistant";
  page.body = html(
      "<h1>Connect your assistant to Google Workspace</h1>\n"
      "<p class=\"lead\">{} lets an AI assistant work in your own Google account, as you and only "
      "with what you allow. Every assistant takes the same address:</p>\n"
      "<code class=\"address\" id=\"address\">{}</code>\n"
      "<p class=\"quiet\">One click selects all of it, to copy.</p>\n"
      "<ol>\n"
      "<li>Add the address to your assistant, as shown below.</li>\n"
      "<li>Your browser opens and shows who asks for what. Allow it if that is you.</li>\n"
      "<li>Sign in with {}. You do that again every {}.</li>\n"
      "</ol>\n"
      "<p>What is connected, and how to end it: <a href=\"/account\">your account</a>.</p>\n"
      "<h2 id=\"clients\">Add it to your assistant</h2>\n"
      "{}{}{}",
      settings.brand.name, settings.mcp_url(), account_of_words(settings.allowed_domains),
      lifetime_words(settings.session_ttl), jumps(), clients(settings), troubles(settings));
  return page;
}

}  // namespace gatehouse::web
