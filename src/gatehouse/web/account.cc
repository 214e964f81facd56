// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account.h"

#include <string>

#include "gatehouse/web/account_page.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {
namespace {

using telemetry::Field;

constexpr std::string_view kPurpose = "sign out";
constexpr std::chrono::hours kFormLifetime{24};

}  // namespace

Account::Account(const SiteSettings& settings, BrowserSessions& sessions, vault::GrantVault& grants,
                 const vault::SealedState& seals, telemetry::Log& log)
    : settings_(settings), sessions_(sessions), grants_(grants), seals_(seals), log_(log) {}

base::Coroutine<http::Response> Account::show(const http::Request& request) {
  const auto session = co_await sessions_.find(request);
  if (session) {
    const std::string csrf = seals_.seal(kPurpose, session->id, "", kFormLifetime);
    co_return page_response(account_page(*session, csrf));
  }
  if (session.error().code == vault::Refused::unavailable) co_return trouble(Trouble::unavailable);
  co_return page_response(signed_out_page(
      "You are not signed in", "Sign in to see who you are here and to end what is connected."));
}

base::Coroutine<http::Response> Account::sign_out(const http::Request& request) {
  const bool is_ours = is_from_our_page(request, settings_.public_url);
  const auto fields = posted_fields(request);
  if (!is_ours || !fields) co_return trouble(Trouble::form_rejected);
  const auto session = co_await sessions_.find(request);
  if (!session) {
    const bool is_down = session.error().code == vault::Refused::unavailable;
    if (is_down) co_return trouble(Trouble::unavailable);
    co_return page_response(signed_out_page("You are signed out", "There was nothing to end."));
  }
  if (!is_own_form(*fields, *session)) co_return trouble(Trouble::form_rejected);
  const bool everywhere = http::single_field(*fields, "where") == "everywhere";
  const bool ended = co_await end(*session, everywhere);
  if (!ended) co_return trouble(Trouble::unavailable);
  http::Response response = page_response(signed_out_page(
      "You are signed out",
      everywhere ? "Every assistant and every browser of yours has lost its access."
                 : "This browser is signed out. Assistants you connected keep their access."));
  response.with("Set-Cookie", sessions_.clearing_cookie());
  co_return response;
}

bool Account::is_own_form(const http::FormFields& fields, const BrowserSession& session) const {
  const std::string_view sealed = http::single_field(fields, "form").value_or("");
  const auto opened = seals_.open(kPurpose, session.id, sealed);
  return static_cast<bool>(opened);
}

// The other sessions first: if that fails, this one is still there to try again with.
base::Coroutine<bool> Account::end(const BrowserSession& session, bool everywhere) {
  const std::string user = grants_.hashed(session.subject).str().substr(0, 12);
  if (everywhere) {
    const auto ended = co_await grants_.end_everything_of(session.subject);
    if (!ended) {
      log_.error("sign-out failed", {{Field::user, std::string_view(user)},
                                     {Field::detail, std::string_view(ended.error().detail)}});
      co_return false;
    }
  }
  const auto removed = co_await sessions_.end(session);
  if (!removed && removed.error().code == vault::Refused::unavailable) co_return false;
  log_.info("signed out", {{Field::user, std::string_view(user)},
                           {Field::reason, everywhere ? "everywhere" : "here"}});
  co_return true;
}

http::Response Account::trouble(Trouble trouble) const {
  return page_response(trouble_page(settings_, trouble, WayOn("/account", "Your account")));
}

}  // namespace gatehouse::web
