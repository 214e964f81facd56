// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/sign_in.h"

#include <utility>

#include "gatehouse/oauth/peer_address.h"
#include "gatehouse/oauth/pkce.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/web/connect_page.h"
#include "gatehouse/web/consent_page.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/more_access_page.h"
#include "gatehouse/web/session_note.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

using telemetry::Field;
using telemetry::TracedLog;

constexpr std::size_t kCodeBytesMax = 4096;

vault::UpstreamCredentials credentials_of(identity::SignIn signed_in) {
  vault::UpstreamCredentials upstream;
  upstream.access_token = std::move(signed_in.tokens.access_token);
  upstream.refresh_token = std::move(signed_in.tokens.refresh_token);
  upstream.access_expires = signed_in.tokens.access_expires;
  upstream.scopes = std::move(signed_in.tokens.scopes);
  upstream.email = std::move(signed_in.person.email);
  upstream.name = std::move(signed_in.person.name);
  upstream.domain = std::move(signed_in.person.domain);
  return upstream;
}

// Google gives a refresh token at the first consent only, unless asked to show the consent again.
bool needs_second_trip(const Transaction& transaction, const identity::SignIn& signed_in) {
  const bool wants_one =
      transaction.request ||
      (transaction.widening && is_own_account(*transaction.widening, signed_in.person));
  return wants_one && !transaction.asked_again && signed_in.tokens.refresh_token.empty();
}

// What the client is told when the person follows the link back to it.
oauth::Rejection rejection_for(Trouble trouble) {
  switch (trouble) {
    case Trouble::google_unreachable:
    case Trouble::unavailable:
    case Trouble::too_many:
      return {oauth::Reason::temporarily_unavailable, "the sign-in can be tried again"};
    case Trouble::google_error:
    case Trouble::misconfigured:
      return {oauth::Reason::server_error, "the sign-in could not be completed"};
    default:
      return {oauth::Reason::access_denied, "the sign-in was refused"};
  }
}

SignInEnd end_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::google_unreachable:
    case Trouble::unavailable:
    case Trouble::google_error:
    case Trouble::misconfigured:
      return SignInEnd::failed;
    default:
      return SignInEnd::refused;
  }
}

Trouble trouble_of(const vault::RefusedError& refused) {
  if (refused.code == vault::Refused::unavailable) return Trouble::unavailable;
  if (refused.code == vault::Refused::replayed) return Trouble::already_answered;
  return Trouble::sign_in_gone;
}

}  // namespace

SignIn::SignIn(const SiteSettings& settings, oauth::AuthorizationEndpoint& authorization,
               identity::IdentityProvider& provider, vault::GrantVault& grants,
               Transactions& transactions, BrowserSessions& sessions,
               vault::OwnSessions& own_sessions, SharedCookie& cookie,
               const KnownAccount& known_account, const base::Clock& clock, telemetry::Log& log)
    : settings_(settings),
      authorization_(authorization),
      provider_(provider),
      grants_(grants),
      transactions_(transactions),
      sessions_(sessions),
      own_sessions_(own_sessions),
      cookie_(cookie),
      known_account_(known_account),
      limit_(settings.sign_ins_per_peer_and_hour, settings.rate_limited_peers_max, clock),
      log_(log) {}

base::Coroutine<http::Response> SignIn::begin_for_client(const http::Request& request,
                                                         std::string id,
                                                         oauth::AuthorizationRequest asked,
                                                         AccountChoice account) {
  Transaction transaction = transactions_.make(id, std::move(asked));
  return begin(request, std::move(transaction), std::move(account));
}

base::Coroutine<http::Response> SignIn::begin_for_session(const http::Request& request,
                                                          Widening widening) {
  const std::string id = transactions_.fresh_id();
  Transaction transaction = transactions_.make(id, std::nullopt);
  AccountChoice account;
  account.known = account_hint(widening);
  transaction.widening = std::move(widening);
  return begin(request, std::move(transaction), std::move(account));
}

base::Coroutine<http::Response> SignIn::login(const http::Request& request) {
  if (is_prefetch(request)) co_return http::empty_response(503);
  const auto session = co_await sessions_.find(request);
  if (session) co_return redirect_response(302, settings_.public_url + "/account");
  if (session.error().code == vault::Refused::unavailable)
    co_return show(Trouble::unavailable, request.trace);
  std::string account_page;
  auto response = co_await begin_for_page(request, std::move(account_page));
  co_return response;
}

base::Coroutine<http::Response> SignIn::begin_for_page(const http::Request& request,
                                                       std::string path) {
  const std::string id = transactions_.fresh_id();
  Transaction transaction = transactions_.make(id, std::nullopt);
  transaction.back = std::move(path);
  AccountChoice account;
  account.known = known_account_.read(request).str();
  return begin(request, std::move(transaction), std::move(account));
}

base::Coroutine<http::Response> SignIn::begin(const http::Request& request, Transaction transaction,
                                              AccountChoice account) {
  const auto wait = limit_.admit(oauth::peer_address(request, settings_.trusted_proxies));
  if (wait) {
    settings_.on_sign_in_end(SignInEnd::refused);
    TracedLog(log_, request.trace)
        .audit("sign-in refused",
               {{Field::reason, word_for(Trouble::too_many)}, {Field::peer, request.peer}});
    http::Response too_many = show(Trouble::too_many, request.trace);
    too_many.with("Retry-After", std::to_string(wait->count()));
    co_return too_many;
  }
  const SharedCookie::Held held = cookie_.read_or_make(request);
  auto location = co_await depart(transaction, held.secret, account, request.trace);
  if (!location) co_return refuse(transaction, location.error(), request.trace);
  const int status = request.method == http::Method::post ? 303 : 302;
  http::Response response = redirect_response(status, std::move(*location));
  cookie_.add_tab(response, held);
  co_return response;
}

base::Coroutine<base::Result<std::string, Trouble>> SignIn::depart(
    const Transaction& transaction, const base::Secret& holder, const AccountChoice& account,
    const telemetry::RequestTrace& trace) {
  identity::AuthorizationUrl to;
  to.state = transaction.state;
  to.nonce = transaction.nonce;
  to.code_challenge = oauth::code_challenge_for(transaction.verifier.reveal());
  if (transaction.request) to.scopes = settings_.google_scopes(transaction.request->scopes);
  if (transaction.widening) to.scopes = settings_.google_scopes(scopes_of(*transaction.widening));
  to.login_hint = account.known;
  to.choose_account = account.is_asked;
  to.ask_consent_again = transaction.asked_again;
  auto location = co_await provider_.authorization_url(to, trace);
  if (!location) {
    TracedLog(log_, trace)
        .warn("provider not reached", {{Field::detail, std::string_view(location.error().detail)}});
    co_return trouble_of(location.error().code);
  }
  const auto stored = co_await transactions_.store(transaction, holder);
  if (!stored) co_return trouble_of(stored.error());
  co_return std::move(*location);
}

base::Coroutine<http::Response> SignIn::come_back(const http::Request& request) {
  const telemetry::RequestTrace& trace = request.trace;
  const auto parameters = http::parse_form(request.query);
  const auto held = cookie_.read(request);
  if (!parameters || !held) {
    settings_.on_sign_in_end(SignInEnd::refused);
    TracedLog(log_, trace)
        .audit("sign-in refused", {{Field::reason, held ? "bad request" : "no cookie"}});
    co_return show(held ? Trouble::bad_request : Trouble::sign_in_gone, trace);
  }
  const std::string state(http::single_field(*parameters, "state").value_or(""));
  const auto transaction = co_await transactions_.take(state, held->secret);
  if (!transaction) {
    const Trouble trouble = trouble_of(transaction.error());
    settings_.on_sign_in_end(end_of(trouble));
    TracedLog(log_, trace)
        .audit("sign-in refused", {{Field::reason, word_for(trouble)},
                                   {Field::detail, std::string_view(transaction.error().detail)}});
    co_return show(trouble, trace);
  }
  auto signed_in = co_await identify(*transaction, *parameters, trace);
  if (!signed_in) {
    http::Response refused = refuse(*transaction, signed_in.error(), trace);
    cookie_.drop_tab(refused, *held);
    co_return refused;
  }
  if (needs_second_trip(*transaction, *signed_in)) {
    http::Response again =
        co_await go_again(*transaction, held->secret, signed_in->person.user, trace);
    co_return again;
  }
  if (transaction->widening) {
    http::Response page = co_await admit_widening(request, *transaction, std::move(*signed_in));
    cookie_.drop_tab(page, *held);
    co_return page;
  }
  if (!transaction->request) {
    http::Response page = co_await admit_browser(*transaction, signed_in->person, trace);
    cookie_.drop_tab(page, *held);
    co_return page;
  }
  http::Response done = co_await admit_client(request, *transaction, std::move(*signed_in));
  cookie_.drop_tab(done, *held);
  co_return done;
}

base::Coroutine<SignIn::Identified> SignIn::identify(const Transaction& transaction,
                                                     const http::FormFields& parameters,
                                                     const telemetry::RequestTrace& trace) {
  if (http::field_count(parameters, "error") > 0) {
    co_return trouble_from_google(http::single_field(parameters, "error").value_or(""));
  }
  const std::string_view text = http::single_field(parameters, "code").value_or("");
  if (text.empty() || text.size() > kCodeBytesMax) co_return Trouble::google_error;
  const base::Secret code = base::Secret::copy_of(text);
  auto signed_in = co_await provider_.sign_in(code, transaction.verifier, transaction.nonce, trace);
  if (!signed_in) {
    TracedLog(log_, trace)
        .audit("identity refused", {{Field::detail, std::string_view(signed_in.error().detail)}});
    co_return trouble_of(signed_in.error().code);
  }
  co_return std::move(*signed_in);
}

// The person has just chosen an account, so Google is told which and need not ask that again.
base::Coroutine<http::Response> SignIn::go_again(const Transaction& transaction,
                                                 const base::Secret& holder,
                                                 const base::UserId& chosen,
                                                 const telemetry::RequestTrace& trace) {
  Transaction next = transactions_.make(transaction_id(transaction), transaction.request);
  next.asked_again = true;
  AccountChoice account;
  account.known = chosen.str();
  if (transaction.widening) {
    next.widening = copy_of(*transaction.widening);
    account.known = account_hint(*transaction.widening);
  }
  auto location = co_await depart(next, holder, account, trace);
  if (!location) co_return refuse(transaction, location.error(), trace);
  co_return redirect_response(302, std::move(*location));
}

base::Coroutine<http::Response> SignIn::admit_client(const http::Request& request,
                                                     const Transaction& transaction,
                                                     identity::SignIn signed_in) {
  TracedLog log(log_, request.trace);
  const base::UserId subject = signed_in.person.user;
  const std::string domain = signed_in.person.domain;
  if (signed_in.tokens.refresh_token.empty()) {
    log.warn("no refresh token from the provider", {{Field::domain, std::string_view(domain)}});
  }
  const vault::UpstreamCredentials upstream = credentials_of(std::move(signed_in));
  const oauth::Scopes served =
      settings_.served_scopes(transaction.request->scopes, upstream.scopes);
  auto completed =
      co_await authorization_.complete(*transaction.request, served, subject, upstream);
  if (!completed) {
    log.error("grant not stored", {{Field::detail, std::string_view(completed.error().detail)}});
    co_return refuse(transaction, Trouble::unavailable, request.trace);
  }
  co_await transactions_.mark_finished(transaction);
  vault::SessionNote note = session_note(settings_, request, *transaction.request, upstream);
  note.grant = completed->grant;
  note.signed_in_at = completed->signed_in_at;
  co_await note_session(subject, std::move(note), request.trace);
  const std::string user = grants_.hashed(subject).str().substr(0, 12);
  settings_.on_sign_in_end(SignInEnd::signed_in);
  log.audit("signed in", {{Field::user, std::string_view(user)},
                          {Field::domain, std::string_view(domain)},
                          {Field::client, std::string_view(transaction.request->client.str())}});
  http::Response response = redirect_response(302, std::move(completed->location));
  known_account_.remember(response, subject);
  co_return response;
}

// Left for the session's next call to fetch: only that has the token which opens the grant.
base::Coroutine<http::Response> SignIn::admit_widening(const http::Request& request,
                                                       const Transaction& transaction,
                                                       identity::SignIn signed_in) {
  TracedLog log(log_, request.trace);
  const Widening& widening = *transaction.widening;
  const base::UserId subject = signed_in.person.user;
  const std::string name = co_await authorization_.client_name(widening.client, request.trace);
  const std::string user = grants_.hashed(subject).str().substr(0, 12);
  const bool is_own = is_own_account(widening, signed_in.person);
  const oauth::Scopes served = settings_.served_scopes(widening.added, signed_in.tokens.scopes);
  MoreAccess end = MoreAccess::allowed;
  if (!is_own) end = MoreAccess::other_account;
  if (is_own && served.empty()) end = MoreAccess::not_at_google;
  if (end == MoreAccess::allowed) {
    const vault::UpstreamCredentials upstream = credentials_of(std::move(signed_in));
    Widening found = copy_of(widening);
    found.pickup.subject = subject;
    const auto left = co_await grants_.leave(found.pickup, served, upstream);
    if (!left) {
      log.error("more access not stored", {{Field::detail, std::string_view(left.error().detail)}});
      co_return refuse(transaction, Trouble::unavailable, request.trace);
    }
    if (awaits_account(widening)) {
      vault::SessionNote note = connected_note(settings_, request, widening, name, upstream);
      co_await note_session(subject, std::move(note), request.trace);
    }
  }
  log.audit("more access answered", {{Field::reason, word_for(end)},
                                     {Field::user, std::string_view(user)},
                                     {Field::client, std::string_view(widening.client.str())}});
  if (awaits_account(widening)) {
    co_return page_response(connect_end_page(settings_, end, widening, name));
  }
  co_return page_response(more_access_end_page(settings_, end, name));
}

base::Coroutine<void> SignIn::note_session(const base::UserId& subject, vault::SessionNote note,
                                           const telemetry::RequestTrace& trace) {
  const auto noted = co_await own_sessions_.note(subject, std::move(note), trace);
  if (!noted) {
    TracedLog(log_, trace)
        .warn("session not noted", {{Field::detail, std::string_view(noted.error().detail)}});
  }
}

base::Coroutine<http::Response> SignIn::admit_browser(const Transaction& transaction,
                                                      const identity::Person& person,
                                                      const telemetry::RequestTrace& trace) {
  auto cookie = co_await sessions_.begin(person);
  if (!cookie) {
    TracedLog(log_, trace)
        .error("session not stored", {{Field::detail, std::string_view(cookie.error().detail)}});
    co_return refuse(transaction, Trouble::unavailable, trace);
  }
  const std::string user = grants_.hashed(person.user).str().substr(0, 12);
  settings_.on_sign_in_end(SignInEnd::signed_in);
  TracedLog(log_, trace)
      .audit("signed in to the pages", {{Field::user, std::string_view(user)},
                                        {Field::domain, std::string_view(person.domain)}});
  const std::string page = transaction.back.empty() ? "/account" : transaction.back;
  http::Response response = redirect_response(302, settings_.public_url + page);
  response.with("Set-Cookie", std::move(*cookie));
  known_account_.remember(response, person.user);
  co_return response;
}

http::Response SignIn::refuse(const Transaction& transaction, Trouble trouble,
                              const telemetry::RequestTrace& trace) const {
  settings_.on_sign_in_end(end_of(trouble));
  const std::string client = transaction.request    ? transaction.request->client.str()
                             : transaction.widening ? transaction.widening->client.str()
                                                    : "";
  TracedLog(log_, trace)
      .audit("sign-in refused",
             {{Field::reason, word_for(trouble)}, {Field::client, std::string_view(client)}});
  // The first answer is still on its way: no link that would end it.
  // For a session there is nothing to go back to: its link is still good.
  if (trouble == Trouble::already_answered || transaction.widening) return show(trouble, trace);
  if (!transaction.request) {
    const WayOn again(transaction.back.empty() ? "/login" : transaction.back, "Sign in again");
    return page_response(trouble_page(settings_, trouble, trace, again));
  }
  const std::string back = authorization_.refuse(*transaction.request, rejection_for(trouble));
  if (trouble == Trouble::declined_at_google) return redirect_response(302, back);
  const WayOn way_on(back, "Return to " + shown_client_name(transaction.request->client_name));
  const WayOn again(authorize_again(*transaction.request), "Try again");
  return page_response(trouble_page(settings_, trouble, trace, way_on, again));
}

http::Response SignIn::show(Trouble trouble, const telemetry::RequestTrace& trace) const {
  return page_response(trouble_page(settings_, trouble, trace, WayOn()));
}

}  // namespace gatehouse::web
