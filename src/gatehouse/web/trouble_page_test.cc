// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/trouble_page.h"

#include <gtest/gtest.h>

#include <set>

#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using telemetry::RequestTrace;

// Every trouble there is: the last one ends the list.
std::vector<Trouble> all_troubles() {
  std::vector<Trouble> all;
  for (int i = 0; i <= static_cast<int>(Trouble::too_many); ++i) {
    all.push_back(static_cast<Trouble>(i));
  }
  return all;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(TroublePage, HasAPageOfItsOwnForEachTrouble) {
  std::set<std::string> titles;
  std::set<std::string_view> words;
  for (const Trouble trouble : all_troubles()) {
    const Page page =
        trouble_page(SiteBench::default_settings(), trouble, RequestTrace::none(), WayOn());
    EXPECT_GE(page.status, 400);
    titles.insert(page.title);
    words.insert(word_for(trouble));
    EXPECT_TRUE(holds(page.body.str(), word_for(trouble)));
    EXPECT_FALSE(holds(page.body.str(), "Gatehouse")) << "the operator's name stands in its place";
  }
  EXPECT_EQ(titles.size(), all_troubles().size());
  EXPECT_EQ(words.size(), all_troubles().size());
}

TEST(TroublePage, NamesTheTraceThatTheLogHasItUnder) {
  base::SeededRandom random(3);
  const RequestTrace trace({}, random);
  const SiteSettings settings = SiteBench::default_settings();
  const Page page = trouble_page(settings, Trouble::unavailable, trace, WayOn());
  const std::string named = "<code>" + std::string(trace.trace_id()) + "</code>";
  EXPECT_TRUE(holds(page.body.str(), named)) << page.body.str();
  const Page bare = trouble_page(settings, Trouble::unavailable, RequestTrace::none(), WayOn());
  EXPECT_TRUE(holds(bare.body.str(), "<code>unavailable</code>.</p>")) << bare.body.str();
}

TEST(TroublePage, TellsGooglesRefusalsApart) {  // UP-12
  EXPECT_EQ(trouble_from_google("access_denied"), Trouble::declined_at_google);
  EXPECT_EQ(trouble_from_google("admin_policy_enforced"), Trouble::admin_policy);
  EXPECT_EQ(trouble_from_google("org_internal"), Trouble::not_of_google);
  EXPECT_EQ(trouble_from_google("temporarily_unavailable"), Trouble::google_unreachable);
  EXPECT_EQ(trouble_from_google("<script>"), Trouble::google_error);
  EXPECT_EQ(trouble_from_google(""), Trouble::google_error);
}

TEST(TroublePage, OffersToBeginAnewWhereThatCanHelp) {
  const WayOn back("https://client.example/cb", "Return to Example");
  const WayOn again("/authorize?x", "Try again");
  const SiteSettings settings = SiteBench::default_settings();
  const std::string helps =
      trouble_page(settings, Trouble::wrong_domain, RequestTrace::none(), back, again).body.str();
  EXPECT_LT(helps.find("href=\"/authorize?x\""), helps.find("Return to Example"));
  const std::string not_now =
      trouble_page(settings, Trouble::admin_policy, RequestTrace::none(), back, again).body.str();
  EXPECT_FALSE(holds(not_now, "/authorize?x"));
  EXPECT_TRUE(holds(not_now, "Return to Example"));
  EXPECT_FALSE(holds(
      trouble_page(settings, Trouble::too_many, RequestTrace::none(), WayOn()).body.str(), "<a "));
}

}  // namespace
}  // namespace gatehouse::web
