// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/more_access.h"

#include <string>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/web/connect_page.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/trouble_page.h"

namespace gatehouse::web {
namespace {

using telemetry::Field;

constexpr std::string_view kPurpose = "more-access";

}  // namespace

MoreAccessConsent::MoreAccessConsent(const SiteSettings& settings,
                                     oauth::AuthorizationEndpoint& authorization, SignIn& sign_in,
                                     ConsentLinks& links, const vault::SealedState& seals,
                                     BrowserSessions& sessions, SharedCookie& cookie,
                                     telemetry::Log& log)
    : settings_(settings),
      authorization_(authorization),
      sign_in_(sign_in),
      links_(links),
      seals_(seals),
      sessions_(sessions),
      cookie_(cookie),
      log_(log) {}

base::Coroutine<http::Response> MoreAccessConsent::ask(const http::Request& request) {
  if (is_prefetch(request)) co_return http::empty_response(503);
  const auto parameters = http::parse_form(request.query);
  const std::string ticket(parameters ? http::single_field(*parameters, "more").value_or("")
                                      : std::string_view());
  const auto widening = co_await links_.open(ticket);
  if (!widening) co_return refuse(request, widening.error());
  const std::string name = co_await authorization_.client_name(widening->client, request.trace);
  const auto session = co_await sessions_.find(request);
  const bool is_theirs = session && session->subject == widening->pickup.subject;
  const SharedCookie::Held held = cookie_.read_or_make(request);
  const std::string sealed =
      seals_.seal(kPurpose, held.secret.reveal(), ticket, kConsentLinkLifetime);
  const Page page =
      awaits_account(*widening)
          ? connect_page(settings_, *widening, name, sealed)
          : more_access_page(settings_, *widening, name, is_theirs ? session->email : "", sealed);
  http::Response response = page_response(page);
  cookie_.add_tab(response, held);
  co_return response;
}

base::Coroutine<http::Response> MoreAccessConsent::answer(const http::Request& request) {
  if (!is_from_our_page(request, settings_.public_url))
    co_return reject(request, Trouble::form_rejected);
  const auto fields = posted_fields(request);
  const auto held = cookie_.read(request);
  if (!fields || !held) co_return reject(request, Trouble::form_rejected);
  const std::string_view sealed = http::single_field(*fields, "form").value_or("");
  const auto ticket = seals_.open(kPurpose, held->secret.reveal(), sealed);
  if (!ticket) {
    const bool is_old = ticket.error().code == base::Errc::not_found;
    co_return reject(request, is_old ? Trouble::form_expired : Trouble::form_rejected);
  }
  const std::string_view decision = http::single_field(*fields, "decision").value_or("");
  if (decision != "approve" && decision != "deny") co_return reject(request, Trouble::bad_request);
  auto widening = co_await links_.open(*ticket);
  if (!widening) co_return refuse(request, widening.error());
  if (decision == "deny") {
    const std::string name = co_await authorization_.client_name(widening->client, request.trace);
    http::Response denied = decline(request, *widening, name);
    cookie_.drop_tab(denied, *held);
    co_return denied;
  }
  http::Response response = co_await sign_in_.begin_for_session(request, std::move(*widening));
  if (response.status == 303) cookie_.drop_tab(response, *held);
  co_return response;
}

http::Response MoreAccessConsent::refuse(const http::Request& request,
                                         const vault::RefusedError& refused) const {
  if (refused.code == vault::Refused::unavailable) return reject(request, Trouble::unavailable);
  return end(request, MoreAccess::link_gone, {});
}

http::Response MoreAccessConsent::end(const http::Request& request, MoreAccess how,
                                      std::string_view client_name) const {
  note(request, how);
  return page_response(more_access_end_page(settings_, how, client_name));
}

http::Response MoreAccessConsent::decline(const http::Request& request, const Widening& widening,
                                          std::string_view client_name) const {
  if (!awaits_account(widening)) return end(request, MoreAccess::not_allowed, client_name);
  note(request, MoreAccess::not_allowed);
  return page_response(connect_end_page(settings_, MoreAccess::not_allowed, widening, client_name));
}

void MoreAccessConsent::note(const http::Request& request, MoreAccess how) const {
  telemetry::TracedLog log(log_, request.trace);
  log.info("more access asked", {{Field::reason, word_for(how)}});
}

http::Response MoreAccessConsent::reject(const http::Request& request, Trouble trouble) const {
  telemetry::TracedLog log(log_, request.trace);
  log.info("consent form refused", {{Field::reason, word_for(trouble)}});
  return page_response(trouble_page(settings_, trouble, request.trace, WayOn()));
}

}  // namespace gatehouse::web
