// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/browser_words.h"

#include <gtest/gtest.h>

namespace gatehouse::web {
namespace {

TEST(BrowserWords, NameTheFamiliesThatPeopleKnow) {
  const struct {
    const char* user_agent;
    const char* words;
  } cases[] = {
      {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
       "Firefox on Linux"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
       "Edge on Windows"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/26.0 Safari/605.1.15",
       "Safari on macOS"},
      {"Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/141.0.0.0 Mobile Safari/537.36",
       "Chrome on Android"},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
       "Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1",
       "Chrome on an iPhone"},
      {"Firefox/1", "Firefox"},
      {"curl/8.0", ""},
      {"<script>alert(1)</script>", ""},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(browser_words(c.user_agent), c.words) << c.user_agent;
}

TEST(BrowserWords, ReadABoundedPartOfTheHeader) {
  EXPECT_EQ(browser_words(std::string(512, ' ') + "Firefox/1"), "");
  EXPECT_EQ(browser_words(std::string(100, ' ') + "Firefox/1"), "Firefox");
}

}  // namespace
}  // namespace gatehouse::web
