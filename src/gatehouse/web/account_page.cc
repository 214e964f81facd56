// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account_page.h"

#include "gatehouse/oauth/scope.h"
#include "gatehouse/vault/session_cap.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/lifetime_words.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/time_words.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kCharactersMax = 100;

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

Html news_words(AccountNews news) {
  if (news == AccountNews::none) return {};
  const std::string_view words =
      news == AccountNews::session_ended
          ? "That session has ended. The application is refused from its next call on."
          : "Those sessions have ended. The application is refused from its next call on.";
  return html("<p class=\"notice\" role=\"status\">{}</p>\n", words);
}

// What was done through a session, without a word of what was in it.
Html activity_words(const SessionActivity& activity) {
  std::int64_t reading = 0;
  std::int64_t changing = 0;
  std::string tools;
  for (const ToolUse& use : activity.tools) {
    (use.changes ? changing : reading) += use.calls;
    if (!tools.empty()) tools += ", ";
    tools.append(use.name).append(" ").append(std::to_string(use.calls));
  }
  std::string words = counted(reading, "call that reads", "calls that read");
  words += changing == 0
               ? ", none that changes anything"
               : ", " + counted(changing, "that changes something", "that change something");
  return html("{} <span class=\"quiet\">({})</span>", words, tools);
}

Html last_use(const ShownSession& shown) {
  if (shown.activity) {
    return html("<p>Last used {}</p>\n<p>{}</p>\n", time_element(shown.activity->last),
                activity_words(*shown.activity));
  }
  if (shown.session.renewed_at == base::SystemTime{}) return html("<p>Not used yet</p>\n");
  return html("<p>Last renewed its access {}</p>\n", time_element(shown.session.renewed_at));
}

Html left_out(const vault::OwnSession& session) {
  if (session.note.left_out.empty()) return {};
  const oauth::Scopes scopes = oauth::parse_scope(session.scope).value_or(oauth::Scopes());
  std::vector<std::string> words = scope_words(session.note.left_out, scopes);
  words.erase(words.begin());  // who one is cannot be left out
  if (words.empty()) return {};
  Html items;
  for (const std::string& sentence : words) items += html("<li>{}</li>\n", sentence);
  return html(
      "<p>You left out at Google, so it cannot:</p>\n<ul>\n{}</ul>\n"
      "<p class=\"quiet\">To allow it, end this session, connect again and tick it.</p>\n",
      items);
}

Html session_item(const ShownSession& shown) {
  const vault::SessionNote& note = shown.session.note;
  const std::string browser = note.browser.empty() ? "" : " in " + note.browser;
  return html(
      "<li>\n<p>Signed in {}{}</p>\n{}"
      "<p class=\"quiet\">Until {} at the latest. Its answers go to {}.</p>\n{}"
      "<button type=\"submit\" name=\"session\" value=\"{}\" class=\"end\" aria-label=\"End this "
      "session: {}, signed in {}\">End this session</button>\n</li>\n",
      time_element(note.signed_in_at), browser, last_use(shown), time_element(note.expires),
      note.place, left_out(shown.session), note.grant, note.client_name,
      short_time_words(note.signed_in_at));
}

Html end_all(const ClientGroup& group) {
  if (group.sessions.size() < 2) return {};
  return html(
      "<div class=\"choices\"><button type=\"submit\" name=\"client\" value=\"{}\" "
      "class=\"end\">End all {} sessions of {}</button></div>\n",
      group.sessions.front().session.note.grant, std::to_string(group.sessions.size()), group.name);
}

Html group_section(const ClientGroup& group) {
  Html items;
  for (const ShownSession& shown : group.sessions) items += session_item(shown);
  return html(
      "<section class=\"client\">\n<h3>{} <span class=\"quiet\">{}</span></h3>\n"
      "<ul class=\"sessions\">\n{}</ul>\n{}</section>\n",
      group.name, group.place, items, end_all(group));
}

Html connected(const AccountView& view) {
  if (!view.is_complete) {
    return html(
        "<p class=\"warning\">The list of your sessions cannot be read just now. Signing out "
        "everywhere ends them all the same.</p>\n");
  }
  if (view.clients.empty()) {
    return html("<p>Nothing is connected. <a href=\"/\">How to connect an assistant</a></p>\n");
  }
  Html groups;
  for (const ClientGroup& group : view.clients) groups += group_section(group);
  return html(
      "{}<p class=\"quiet\">Calls are counted since this server started, {}, and nowhere else. "
      "What "
      "they held is not kept.</p>\n",
      groups, time_element(view.counted_since));
}

Html why_ended(const SiteSettings& settings, const vault::OwnSession& session) {
  using vault::SessionState;
  switch (session.state) {
    case SessionState::expired:
      return html("Ended after {}, {}.", lifetime_words(settings.session_ttl),
                  time_element(session.note.expires));
    case SessionState::ended_here:
      return html("You ended it here, {}.",
                  time_element(session.note.ended_at.value_or(session.note.expires)));
    case SessionState::ended_everywhere:
      return html("Ended when you signed out everywhere.");
    case SessionState::made_room:
      return html(
          "Ended to make room, {}: a person has at most {} sessions at once, and this one had gone "
          "the longest without being renewed.",
          time_element(session.note.ended_at.value_or(session.note.expires)),
          std::to_string(vault::kSessionsMax));
    case SessionState::unclaimed:
      return html("The application never came for its access, so it has none.");
    case SessionState::ended_elsewhere:
    case SessionState::live:
      break;
  }
  return html(
      "Ended early: by the application itself, by your administrator, or because Google "
      "withdrew its permission.");
}

Html ended(const SiteSettings& settings, const AccountView& view) {
  if (view.ended.empty()) return {};
  Html items;
  for (const vault::OwnSession& session : view.ended) {
    items +=
        html("<li><strong>{}</strong>, signed in {}<br>\n<span class=\"quiet\">{}</span></li>\n",
             session.note.client_name, time_element(session.note.signed_in_at),
             why_ended(settings, session));
  }
  return html("<h2>Ended lately</h2>\n<ul class=\"ended\">\n{}</ul>\n", items);
}

Html weekly(const SiteSettings& settings) {
  const std::string lifetime = lifetime_words(settings.session_ttl);
  return html(
      "<h2>Why you sign in again</h2>\n"
      "<p>Every session ends {} after its sign-in, however much it is used, so that what is "
      "forgotten does not stay open. Your assistant then opens this site once more; it stays "
      "connected as before, and nothing needs to be added again.</p>\n"
      "<p class=\"quiet\">Google keeps its own <a "
      "href=\"https://myaccount.google.com/connections\">list of applications</a>. Removing this "
      "one there ends everything at once.</p>\n",
      lifetime);
}

}  // namespace

Page account_page(const SiteSettings& settings, const BrowserSession& session,
                  const AccountView& view, AccountNews news, std::string_view csrf) {
  Page page(settings.brand);
  page.title = "Your account";
  page.form_targets = {"'self'"};
  page.body = html(
      "<h1>Your account</h1>\n{}"
      "<dl>\n"
      "<dt>Signed in as</dt>\n<dd><strong>{}</strong><br>\n{}</dd>\n"
      "<dt>In this browser until</dt>\n<dd>{}; nothing extends that</dd>\n"
      "</dl>\n"
      "<form method=\"post\" action=\"/logout\">\n"
      "<input type=\"hidden\" name=\"form\" value=\"{}\">\n"
      "<h2>Connected</h2>\n{}{}"
      "<h2>Sign out</h2>\n"
      "<p><strong>Everywhere</strong> ends every session above and every browser of yours at once. "
      "Each assistant then asks you to sign in again.</p>\n"
      "<div class=\"choices\">\n"
      "<button type=\"submit\" name=\"where\" value=\"here\">Sign out of this browser</button>\n"
      "<button type=\"submit\" name=\"where\" value=\"everywhere\" class=\"end\">Sign out "
      "everywhere</button>\n"
      "</div>\n"
      "</form>\n{}",
      news_words(news), display_text(session.name, kCharactersMax),
      display_text(session.email, kCharactersMax), time_words(session.expires), csrf,
      connected(view), ended(settings, view), weekly(settings));
  return page;
}

Page signed_out_page(const SiteSettings& settings, std::string_view title,
                     std::string_view what_happened) {
  Page page(settings.brand);
  page.title = title;
  page.body = html(
      "<h1>{}</h1>\n<p class=\"lead\">{}</p>\n"
      "<p class=\"choices\"><a class=\"button\" href=\"/login\">Sign in with Google</a></p>\n",
      title, what_happened);
  return page;
}

}  // namespace gatehouse::web
