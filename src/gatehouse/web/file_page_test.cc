// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/file_page.h"

#include <gtest/gtest.h>

#include <set>

#include "gatehouse/oauth/test_request.h"

namespace gatehouse::web {
namespace {

constexpr FileEnd kEnds[] = {
    FileEnd::uploaded,       FileEnd::link_gone, FileEnd::other_person, FileEnd::session_ended,
    FileEnd::google_refused, FileEnd::file_gone, FileEnd::google_away,  FileEnd::busy,
    FileEnd::unavailable,    FileEnd::too_large, FileEnd::no_file,      FileEnd::form_rejected,
    FileEnd::from_page,      FileEnd::wrong_way, FileEnd::unknown};

TEST(FilePage, EveryEndHasWordsOfItsOwnForPeopleAndPrograms) {
  std::set<std::string> words;
  const SiteSettings settings;
  base::SeededRandom random(3);
  const telemetry::RequestTrace trace({}, random);
  const std::string name(trace.trace_id());
  for (const FileEnd end : kEnds) {
    const http::Response page = page_response(file_end_page(settings, end, trace));
    const http::Response text = file_end_text(end, trace);
    words.insert(std::string(word_for(end)));
    EXPECT_GT(text.body.size(), 40u);
    EXPECT_EQ(text.status / 100, page.status / 100);
    EXPECT_NE(page.body.find("<h1>"), std::string::npos);
    const bool is_trouble = end != FileEnd::uploaded;
    EXPECT_EQ(page.body.find(name) != std::string::npos, is_trouble);
    EXPECT_EQ(text.body.find(name) != std::string::npos, is_trouble);
    EXPECT_EQ(oauth::header_of(text, "Cache-Control"), "no-store");
    EXPECT_EQ(oauth::header_of(page, "Cache-Control"), "no-store");
  }
  EXPECT_EQ(words.size(), std::size(kEnds));
}

TEST(FilePage, NamesOfOthersAreText) {
  const SiteSettings settings;
  const http::Response page = page_response(
      file_form_page(settings, "<b>\".pdf", "<i>client", "a\"b@example.com", "/files/x", "sealed"));
  EXPECT_EQ(page.body.find("<b>"), std::string::npos);
  EXPECT_EQ(page.body.find("<i>"), std::string::npos);
  EXPECT_NE(page.body.find("&lt;b&gt;&quot;.pdf"), std::string::npos);
  EXPECT_NE(page.body.find("enctype=\"multipart/form-data\""), std::string::npos);
  EXPECT_NE(oauth::header_of(page, "Content-Security-Policy").find("form-action 'self'"),
            std::string::npos);
}

}  // namespace
}  // namespace gatehouse::web
