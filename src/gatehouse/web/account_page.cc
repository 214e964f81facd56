// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account_page.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "gatehouse/web/display_text.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kCharactersMax = 100;

constexpr const char* kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                   "May",       "June",     "July",     "August",
                                   "September", "October",  "November", "December"};

Html sign_out_form(std::string_view csrf) {
  return html(
      "<form method=\"post\" action=\"/logout\">\n"
      "<input type=\"hidden\" name=\"form\" value=\"{}\">\n"
      "<div class=\"choices\">\n"
      "<button type=\"submit\" name=\"where\" value=\"here\">Sign out of this browser</button>\n"
      "<button type=\"submit\" name=\"where\" value=\"everywhere\" class=\"second\">Sign out "
      "everywhere</button>\n"
      "</div>\n"
      "</form>\n",
      csrf);
}

}  // namespace

std::string time_words(base::SystemTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%s %u %s %d, %02d:%02d UTC",
                kWeekdays[std::chrono::weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()));
  return text.data();
}

Page account_page(const BrowserSession& session, std::string_view csrf) {
  Page page;
  page.title = "Your account";
  page.form_targets = {"'self'"};
  page.body = html(
      "<h1>Your account</h1>\n"
      "<dl>\n"
      "<dt>Signed in as</dt>\n<dd>{}<br>\n{}</dd>\n"
      "<dt>Since</dt>\n<dd>{}</dd>\n"
      "<dt>Until</dt>\n<dd>{}; nothing extends that</dd>\n"
      "</dl>\n"
      "<p><strong>Sign out everywhere</strong> ends every assistant's access and every browser "
      "session of yours at once. Each assistant then asks you to sign in again.</p>\n"
      "{}",
      display_text(session.name, kCharactersMax), display_text(session.email, kCharactersMax),
      time_words(session.signed_in_at), time_words(session.expires), sign_out_form(csrf));
  return page;
}

Page signed_out_page(std::string_view title, std::string_view what_happened) {
  Page page;
  page.title = title;
  page.body = html(
      "<h1>{}</h1>\n<p>{}</p>\n"
      "<p class=\"choices\"><a class=\"button\" href=\"/login\">Sign in with Google</a></p>\n",
      title, what_happened);
  return page;
}

}  // namespace gatehouse::web
