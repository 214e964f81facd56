// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/who_asks.h"

#include <gtest/gtest.h>

#include "gatehouse/web/consent_page.h"
#include "gatehouse/web/more_access_page.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

bool holds(std::string_view page, std::string_view text) {
  return page.find(text) != std::string_view::npos;
}

// The two pages that ask, for the same client.
std::vector<std::string> pages_for(const std::string& client, const std::string& name) {
  oauth::AuthorizationRequest request;
  request.client = base::ClientId(client);
  request.client_name = name;
  request.redirect_uri = "https://client.example/cb";
  request.scopes = {"workspace.read"};
  Widening widening;
  widening.client = request.client;
  widening.added = {"workspace.write"};
  const SiteSettings settings = SiteBench::default_settings();
  return {consent_page(settings, request, "SEALED", ExpectedAccount()).body.str(),
          more_access_page(settings, widening, name, "", "SEALED").body.str()};
}

TEST(WhoAsks, IsUnverifiedWhenItRegisteredItself) {  // DC-09
  for (const std::string& page : pages_for("gth_app_AAAAAAAAAAAAAAAAAAAAAA", "App")) {
    EXPECT_TRUE(holds(page, "<dd>App <span class=\"tag\">unverified</span>"));
    EXPECT_TRUE(holds(page, "It chose this name itself"));
    EXPECT_FALSE(holds(page, "administrator"));
  }
}

TEST(WhoAsks, ShowsTheHostOfAClientThatPublishesItself) {  // CI-01, T12
  for (const std::string& page : pages_for("https://apps.publisher.example/client.json", "App")) {
    EXPECT_TRUE(holds(page, "<dd>App <span class=\"tag\">unverified</span>"));
    EXPECT_TRUE(holds(page, "published at <span class=\"place\">apps.publisher.example</span>"));
    EXPECT_FALSE(holds(page, "It chose this name itself"));
  }
}

TEST(WhoAsks, SaysThatTheOperatorHasSetItUp) {
  for (const std::string& page : pages_for("acme-portal", "Acme portal")) {
    EXPECT_TRUE(holds(page, "set up by your administrator"));
    EXPECT_FALSE(holds(page, "unverified"));
    EXPECT_FALSE(holds(page, "published at"));
  }
}

TEST(WhoAsks, VouchesForNoClientThatIsNotThereAnyMore) {
  for (const std::string& page : pages_for("acme-portal", "")) {
    EXPECT_TRUE(holds(page, "An application without a name"));
    EXPECT_TRUE(holds(page, "unverified"));
    EXPECT_FALSE(holds(page, "administrator"));
  }
}

TEST(WhoAsks, ShowsHostileNamesHarmlessly) {  // CO-09
  for (const std::string& page : pages_for("gth_app_x", "<b>x</b>\xe2\x80\xae")) {
    EXPECT_FALSE(holds(page, "<b>"));
    EXPECT_FALSE(holds(page, "\xe2\x80\xae"));
  }
}

}  // namespace
}  // namespace gatehouse::web
