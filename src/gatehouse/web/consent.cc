// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent.h"

#include <utility>
#include <variant>

#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/web/consent_page.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/trouble_page.h"

namespace gatehouse::web {
namespace {

using telemetry::Field;

Trouble trouble_of(oauth::Reason reason) {
  switch (reason) {
    case oauth::Reason::invalid_client:
      return Trouble::unknown_client;
    case oauth::Reason::client_document_refused:
      return Trouble::client_refused;
    case oauth::Reason::client_document_unreachable:
      return Trouble::client_unreadable;
    case oauth::Reason::unauthorized_client:
      return Trouble::wrong_redirect;
    case oauth::Reason::temporarily_unavailable:
      return Trouble::unavailable;
    default:
      return Trouble::bad_request;
  }
}

}  // namespace

Consent::Consent(const SiteSettings& settings, oauth::AuthorizationEndpoint& authorization,
                 SignIn& sign_in, ConsentForms& forms, BrowserSessions& sessions,
                 SharedCookie& cookie, const KnownAccount& known_account, telemetry::Log& log)
    : settings_(settings),
      authorization_(authorization),
      sign_in_(sign_in),
      forms_(forms),
      sessions_(sessions),
      cookie_(cookie),
      known_account_(known_account),
      log_(log) {}

base::Coroutine<http::Response> Consent::ask(const http::Request& request) {
  auto verdict = co_await authorization_.read(request);
  if (const auto* local = std::get_if<oauth::LocalRefusal>(&verdict)) {
    co_return show(request, *local);
  }
  if (auto* redirect = std::get_if<oauth::RedirectRefusal>(&verdict)) {
    co_return redirect_response(302, std::move(redirect->location));
  }
  const auto& asked = std::get<oauth::AuthorizationRequest>(verdict);
  http::Response response = co_await show_page(request, asked);
  co_return response;
}

base::Coroutine<http::Response> Consent::show_page(const http::Request& request,
                                                   const oauth::AuthorizationRequest& asked) {
  const BrowserSession session = co_await session_of(request);
  const SharedCookie::Held held = cookie_.read_or_make(request);
  const std::string sealed = forms_.seal(asked, held.secret.reveal());
  ExpectedAccount account;
  account.address = session.email;
  account.is_known = !session.subject.empty() || !known_account_.read(request).empty();
  http::Response response = page_response(consent_page(settings_, asked, sealed, account));
  cookie_.add_tab(response, held);
  co_return response;
}

// Only a hint for the page and for Google's account chooser, so no answer is as good as none.
base::Coroutine<BrowserSession> Consent::session_of(const http::Request& request) {
  auto session = co_await sessions_.find(request);
  BrowserSession nobody;
  if (!session) co_return nobody;
  co_return std::move(*session);
}

base::Coroutine<http::Response> Consent::answer(const http::Request& request) {
  if (!is_from_our_page(request, settings_.public_url))
    co_return reject(request, Trouble::form_rejected);
  const auto fields = posted_fields(request);
  const auto held = cookie_.read(request);
  if (!fields || !held) co_return reject(request, Trouble::form_rejected);
  const std::string_view sealed = http::single_field(*fields, "form").value_or("");
  const auto form = forms_.open(sealed, held->secret.reveal());
  if (!form) {
    const bool is_old = form.error().code == base::Errc::not_found;
    co_return reject(request, is_old ? Trouble::form_expired : Trouble::form_rejected);
  }
  const std::string_view decision = http::single_field(*fields, "decision").value_or("");
  if (decision == "deny") {
    http::Response denied = deny(request, *form);
    cookie_.drop_tab(denied, *held);
    co_return denied;
  }
  const bool wants_another = decision == kAnotherAccount;
  if (decision != "approve" && !wants_another) co_return reject(request, Trouble::bad_request);
  AccountChoice account;
  account.is_asked = wants_another;
  if (!wants_another) {
    const BrowserSession session = co_await session_of(request);
    const base::UserId known =
        session.subject.empty() ? known_account_.read(request) : session.subject;
    account.known = known.str();
  }
  std::string id = form->nonce;
  oauth::AuthorizationRequest asked = form->request;
  http::Response response = co_await sign_in_.begin_for_client(
      request, std::move(id), std::move(asked), std::move(account));
  // A trip that could not begin leaves the form good for another try.
  if (response.status == 303) cookie_.drop_tab(response, *held);
  co_return response;
}

http::Response Consent::deny(const http::Request& request, const ConsentForm& form) const {
  telemetry::TracedLog log(log_, request.trace);
  log.audit("consent denied", {{Field::client, std::string_view(form.request.client.str())}});
  const oauth::Rejection denied{oauth::Reason::access_denied, "the person declined"};
  return redirect_response(303, authorization_.refuse(form.request, denied));
}

// Programs probe this address to learn whether their registration still exists, so they are
// answered in JSON.
http::Response Consent::show(const http::Request& request,
                             const oauth::LocalRefusal& refusal) const {
  if (!wants_json(request)) {
    return page_response(
        trouble_page(settings_, trouble_of(refusal.reason), request.trace, WayOn()));
  }
  const oauth::Rejection rejection{refusal.reason, refusal.description};
  http::Response response = oauth::error_response(rejection);
  if (response.status == 401) response.status = 400;
  return response;
}

http::Response Consent::reject(const http::Request& request, Trouble trouble) const {
  telemetry::TracedLog log(log_, request.trace);
  log.info("consent form refused", {{Field::reason, word_for(trouble)}});
  return page_response(trouble_page(settings_, trouble, request.trace, WayOn()));
}

}  // namespace gatehouse::web
