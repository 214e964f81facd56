// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/more_access.h"

#include <string>
#include <utility>

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
  if (!widening) co_return refuse(widening.error());
  const std::string name = co_await authorization_.client_name(widening->client);
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
  if (!is_from_our_page(request, settings_.public_url)) co_return reject(Trouble::form_rejected);
  const auto fields = posted_fields(request);
  const auto held = cookie_.read(request);
  if (!fields || !held) co_return reject(Trouble::form_rejected);
  const std::string_view sealed = http::single_field(*fields, "form").value_or("");
  const auto ticket = seals_.open(kPurpose, held->secret.reveal(), sealed);
  if (!ticket) {
    const bool is_old = ticket.error().code == base::Errc::not_found;
    co_return reject(is_old ? Trouble::form_expired : Trouble::form_rejected);
  }
  const std::string_view decision = http::single_field(*fields, "decision").value_or("");
  if (decision != "approve" && decision != "deny") co_return reject(Trouble::bad_request);
  auto widening = co_await links_.open(*ticket);
  if (!widening) co_return refuse(widening.error());
  if (decision == "deny") {
    const std::string name = co_await authorization_.client_name(widening->client);
    http::Response denied = decline(*widening, name);
    cookie_.drop_tab(denied, *held);
    co_return denied;
  }
  http::Response response = co_await sign_in_.begin_for_session(request, std::move(*widening));
  if (response.status == 303) cookie_.drop_tab(response, *held);
  co_return response;
}

http::Response MoreAccessConsent::refuse(const vault::RefusedError& refused) const {
  if (refused.code == vault::Refused::unavailable) return reject(Trouble::unavailable);
  return end(MoreAccess::link_gone, {});
}

http::Response MoreAccessConsent::end(MoreAccess how, std::string_view client_name) const {
  log_.info("more access asked", {{Field::reason, word_for(how)}});
  return page_response(more_access_end_page(settings_, how, client_name));
}

http::Response MoreAccessConsent::decline(const Widening& widening,
                                          std::string_view client_name) const {
  if (!awaits_account(widening)) return end(MoreAccess::not_allowed, client_name);
  log_.info("more access asked", {{Field::reason, word_for(MoreAccess::not_allowed)}});
  return page_response(connect_end_page(settings_, MoreAccess::not_allowed, widening, client_name));
}

http::Response MoreAccessConsent::reject(Trouble trouble) const {
  log_.info("consent form refused", {{Field::reason, word_for(trouble)}});
  return page_response(trouble_page(settings_, trouble, WayOn()));
}

}  // namespace gatehouse::web
