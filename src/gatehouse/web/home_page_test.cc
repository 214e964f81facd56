// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/home_page.h"

#include <gtest/gtest.h>

#include "gatehouse/web/install_links.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(HomePage, ShowsTheAddressAndHowEachClientTakesIt) {
  const std::string home = home_page(SiteBench::default_settings()).body.str();
  EXPECT_TRUE(
      holds(home, "<code class=\"address\" id=\"address\">https://gate.example/mcp</code>"));
  for (const char* client :
       {"Cursor", "Claude", "Claude Code", "VS Code", "ChatGPT", "Gemini CLI", "Anything else"}) {
    EXPECT_TRUE(holds(home, std::string("-name\">") + client + "</h3>")) << client;
  }
  EXPECT_TRUE(holds(home, "your example.com account"));
  EXPECT_TRUE(holds(home, "every seven days"));
}

TEST(HomePage, SaysWhoCannotReachAServerOnThisComputer) {
  SiteSettings settings = SiteBench::default_settings();
  EXPECT_FALSE(holds(home_page(settings).body.str(), "cannot reach"));
  settings.public_url = "http://localhost:8080";
  EXPECT_TRUE(holds(home_page(settings).body.str(), "cannot reach"));
}

TEST(HomePage, ExplainsTheRefusalsThatGoogleShowsByItself) {
  SiteSettings settings = SiteBench::default_settings();
  settings.brand.contact = "it@example.com";
  const std::string home = home_page(settings).body.str();
  EXPECT_TRUE(holds(home, "admin_policy_enforced"));
  EXPECT_TRUE(holds(home, "org_internal"));
  EXPECT_TRUE(holds(home, "your administrator (<a href=\"mailto:it@example.com\">"));
}

TEST(InstallLinks, CarryTheAddressAndNothingElse) {
  const std::string url = "https://gate.example/mcp";
  // {"url":"https://gate.example/mcp"}
  EXPECT_EQ(cursor_install_link(url),
            "cursor://anysphere.cursor-deeplink/mcp/install?name=gatehouse&config="
            "eyJ1cmwiOiJodHRwczovL2dhdGUuZXhhbXBsZS9tY3AifQ%3D%3D");
  EXPECT_EQ(vscode_install_link(url),
            "vscode:mcp/install?%7B%22name%22%3A%22gatehouse%22%2C%22type%22%3A%22http%22%2C%22url%"
            "22%3A%22https%3A%2F%2Fgate.example%2Fmcp%22%7D");
  EXPECT_EQ(cursor_configuration(url),
            R"({"mcpServers": {"gatehouse": {"url": "https://gate.example/mcp"}}})");
  EXPECT_EQ(
      vscode_command(url),
      R"(code --add-mcp '{"name":"gatehouse","type":"http","url":"https://gate.example/mcp"}')");
}

}  // namespace
}  // namespace gatehouse::web
