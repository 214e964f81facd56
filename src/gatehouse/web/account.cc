// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/web/account_page.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {
namespace {

using telemetry::Field;
using telemetry::TracedLog;

constexpr std::string_view kPurpose = "sign out";
constexpr std::chrono::hours kFormLifetime{24};
constexpr std::string_view kSessionDone = "session";
constexpr std::string_view kClientDone = "client";

AccountNews news_in(const http::Request& request) {
  const auto fields = http::parse_form(request.query);
  if (!fields) return AccountNews::none;
  const auto done = http::single_field(*fields, "done");
  if (done == kSessionDone) return AccountNews::session_ended;
  if (done == kClientDone) return AccountNews::client_ended;
  return AccountNews::none;
}

}  // namespace

Account::Account(const SiteSettings& settings, BrowserSessions& sessions, vault::GrantVault& grants,
                 vault::OwnSessions& own_sessions, const ActivitySource& activity,
                 const vault::SealedState& seals, const KnownAccount& known_account,
                 telemetry::Log& log)
    : settings_(settings),
      sessions_(sessions),
      grants_(grants),
      own_sessions_(own_sessions),
      activity_(activity),
      seals_(seals),
      known_account_(known_account),
      log_(log) {}

base::Coroutine<http::Response> Account::show(const http::Request& request) {
  const auto session = co_await sessions_.find(request);
  if (session) {
    const AccountView view = co_await view_of(request, session->subject);
    const std::string csrf = seals_.seal(kPurpose, session->id, "", kFormLifetime);
    co_return page_response(account_page(settings_, *session, view, news_in(request), csrf));
  }
  if (session.error().code == vault::Refused::unavailable)
    co_return trouble(request, Trouble::unavailable);
  co_return page_response(signed_out_page(settings_, "You are not signed in",
                                          "Sign in to see what is connected to your account, what "
                                          "it did, and to end it."));
}

// A list that cannot be read keeps nobody from signing out everywhere.
base::Coroutine<AccountView> Account::view_of(const http::Request& request,
                                              const base::UserId& subject) {
  auto listed = co_await own_sessions_.list(subject);
  if (listed) co_return account_view(std::move(*listed), activity_);
  TracedLog(log_, request.trace)
      .error("sessions not listed", {{Field::detail, std::string_view(listed.error().detail)}});
  AccountView view;
  view.is_complete = false;
  co_return view;
}

base::Coroutine<http::Response> Account::sign_out(const http::Request& request) {
  const bool is_ours = is_from_our_page(request, settings_.public_url);
  const auto fields = posted_fields(request);
  if (!is_ours || !fields) co_return trouble(request, Trouble::form_rejected);
  const auto session = co_await sessions_.find(request);
  if (!session) {
    const bool is_down = session.error().code == vault::Refused::unavailable;
    if (is_down) co_return trouble(request, Trouble::unavailable);
    co_return signed_out("There was nothing to end.");
  }
  if (!is_own_form(*fields, *session)) co_return trouble(request, Trouble::form_rejected);
  const auto choice = choice_in(*fields);
  if (!choice) co_return trouble(request, Trouble::bad_request);
  const bool everywhere = choice->what == Choice::What::everywhere;
  base::Coroutine<http::Response> work = everywhere || choice->what == Choice::What::browser
                                             ? leave(request, *session, everywhere)
                                             : end_sessions(request, *session, *choice);
  http::Response response = co_await std::move(work);
  co_return response;
}

std::optional<Account::Choice> Account::choice_in(const http::FormFields& fields) {
  const auto session = http::single_field(fields, "session");
  const auto client = http::single_field(fields, "client");
  const auto where = http::single_field(fields, "where");
  if ((session ? 1 : 0) + (client ? 1 : 0) + (where ? 1 : 0) > 1) return std::nullopt;
  Choice choice;
  if (where == "everywhere") {
    choice.what = Choice::What::everywhere;
  } else if (where && where != "here") {
    return std::nullopt;
  } else if (session || client) {
    choice.what = session ? Choice::What::session : Choice::What::client;
    choice.grant = std::string(session ? *session : *client);
  }
  return choice;
}

bool Account::is_own_form(const http::FormFields& fields, const BrowserSession& session) const {
  const std::string_view sealed = http::single_field(fields, "form").value_or("");
  const auto opened = seals_.open(kPurpose, session.id, sealed);
  return static_cast<bool>(opened);
}

base::Coroutine<http::Response> Account::end_sessions(const http::Request& request,
                                                      const BrowserSession& session,
                                                      const Choice& choice) {
  const auto grants = co_await grants_in(session.subject, choice);
  if (!grants) co_return trouble(request, Trouble::unavailable);
  for (const std::string& grant : *grants) {
    const auto ended = co_await own_sessions_.end(session.subject, grant);
    // What is gone already, or was never theirs, needs no ending.
    if (ended || ended.error().code == vault::Refused::unknown) continue;
    if (ended.error().code == vault::Refused::malformed)
      co_return trouble(request, Trouble::bad_request);
    TracedLog(log_, request.trace)
        .error("session not ended", {{Field::detail, std::string_view(ended.error().detail)}});
    co_return trouble(request, Trouble::unavailable);
  }
  const std::string user = user_of(session);
  TracedLog(log_, request.trace)
      .audit("sessions ended by their person",
             {{Field::user, std::string_view(user)},
              {Field::count, static_cast<std::int64_t>(grants->size())}});
  const std::string_view done = choice.what == Choice::What::session ? kSessionDone : kClientDone;
  co_return redirect_response(303, settings_.public_url + "/account?done=" + std::string(done));
}

base::Coroutine<base::Result<std::vector<std::string>, vault::RefusedError>> Account::grants_in(
    const base::UserId& subject, const Choice& choice) {
  std::vector<std::string> grants{choice.grant};
  if (choice.what == Choice::What::session) co_return grants;
  auto listed = co_await own_sessions_.list(subject);
  if (!listed) co_return listed.error();
  const auto named = std::find_if(
      listed->begin(), listed->end(),
      [&choice](const vault::OwnSession& own) { return own.note.grant == choice.grant; });
  if (named == listed->end()) co_return grants;
  for (const vault::OwnSession& other : *listed) {
    const bool is_another = other.state == vault::SessionState::live &&
                            other.note.grant != choice.grant &&
                            is_same_client(other.note, named->note);
    if (is_another) grants.push_back(other.note.grant);
  }
  co_return grants;
}

base::Coroutine<http::Response> Account::leave(const http::Request& request,
                                               const BrowserSession& session, bool everywhere) {
  const bool ended = co_await end(request, session, everywhere);
  if (!ended) co_return trouble(request, Trouble::unavailable);
  http::Response response =
      signed_out(everywhere ? "Every assistant and every browser of yours has lost its access."
                            : "This browser is signed out. Assistants you connected keep their "
                              "access.");
  response.with("Set-Cookie", sessions_.clearing_cookie());
  co_return response;
}

// The other sessions first: if that fails, this one is still there to try again with.
base::Coroutine<bool> Account::end(const http::Request& request, const BrowserSession& session,
                                   bool everywhere) {
  const std::string user = user_of(session);
  if (everywhere) {
    const auto ended = co_await grants_.end_everything_of(session.subject);
    if (!ended) {
      TracedLog(log_, request.trace)
          .error("sign-out failed", {{Field::user, std::string_view(user)},
                                     {Field::detail, std::string_view(ended.error().detail)}});
      co_return false;
    }
  }
  const auto removed = co_await sessions_.end(session);
  if (!removed && removed.error().code == vault::Refused::unavailable) co_return false;
  TracedLog(log_, request.trace)
      .audit("signed out", {{Field::user, std::string_view(user)},
                            {Field::reason, everywhere ? "everywhere" : "here"}});
  co_return true;
}

std::string Account::user_of(const BrowserSession& session) const {
  return grants_.hashed(session.subject).str().substr(0, 12);
}

// Who signs out is not proposed at Google to whoever signs in next.
http::Response Account::signed_out(std::string_view what_happened) const {
  http::Response response =
      page_response(signed_out_page(settings_, "You are signed out", what_happened));
  known_account_.forget(response);
  return response;
}

http::Response Account::trouble(const http::Request& request, Trouble trouble) const {
  return page_response(
      trouble_page(settings_, trouble, request.trace, WayOn("/account", "Your account")));
}

}  // namespace gatehouse::web
