// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/site.h"

#include <utility>

#include "gatehouse/web/home_page.h"
#include "gatehouse/web/logo.h"
#include "gatehouse/web/stylesheet.h"

namespace gatehouse::web {
namespace {

base::Coroutine<http::Response> answer_home(const SiteSettings& settings) {
  co_return page_response(home_page(settings));
}

base::Coroutine<http::Response> answer_stylesheet(const http::Request& request) {
  co_return stylesheet_response(request.query);
}

base::Coroutine<http::Response> answer_logo(const Logo& logo, const http::Request& request) {
  co_return logo_response(logo, request.query);
}

}  // namespace

Site::Site(SiteSettings settings, const SiteServices& services)
    : settings_(std::move(settings)),
      cookies_(settings_.public_url.starts_with("https://")),
      form_cookie_(cookies_, "gth_form", kConsentFormLifetime, services.random),
      sign_in_cookie_(cookies_, "gth_signin", kTransactionLifetime, services.random),
      known_account_(cookies_, services.seals),
      transactions_(services.records, services.clock, services.random),
      forms_(services.seals, services.random),
      sessions_(settings_, services.records, services.grants, cookies_, services.clock,
                services.random),
      consent_links_(settings_.public_url, services.records, services.clock, services.random),
      file_tickets_(settings_.public_url, services.records, services.random),
      sign_in_(settings_, services.server.authorization(), services.provider, services.grants,
               transactions_, sessions_, services.own_sessions, sign_in_cookie_, known_account_,
               services.clock, services.log),
      file_door_(settings_, file_tickets_, sessions_, sign_in_, services.traces),
      consent_(settings_, services.server.authorization(), sign_in_, forms_, sessions_,
               form_cookie_, known_account_, services.log),
      more_access_(settings_, services.server.authorization(), sign_in_, consent_links_,
                   services.seals, sessions_, form_cookie_, services.log),
      account_(settings_, sessions_, services.grants, services.own_sessions, services.activity,
               services.seals, known_account_, services.log) {}

std::vector<http::Route> Site::routes() {
  using http::Access;
  using http::Method;
  using http::Request;
  std::vector<http::Route> routes;
  routes.push_back(
      {Method::get, "/", Access::open, [this](const Request&) { return answer_home(settings_); }});
  routes.push_back({Method::get, "/style.css", Access::open, answer_stylesheet});
  if (settings_.brand.logo) {
    routes.push_back({Method::get, "/logo", Access::open, [this](const Request& request) {
                        return answer_logo(*settings_.brand.logo, request);
                      }});
  }
  routes.push_back({Method::get, "/authorize", Access::open,
                    [this](const Request& request) { return consent_.ask(request); }});
  routes.push_back({Method::post, "/consent", Access::browser,
                    [this](const Request& request) { return consent_.answer(request); }});
  routes.push_back({Method::get, "/consent", Access::open,
                    [this](const Request& request) { return more_access_.ask(request); }});
  routes.push_back({Method::post, "/consent/more", Access::browser,
                    [this](const Request& request) { return more_access_.answer(request); }});
  routes.push_back({Method::get, "/oauth/google/callback", Access::browser,
                    [this](const Request& request) { return sign_in_.come_back(request); }});
  routes.push_back({Method::get, "/login", Access::open,
                    [this](const Request& request) { return sign_in_.login(request); }});
  routes.push_back({Method::get, "/account", Access::browser,
                    [this](const Request& request) { return account_.show(request); }});
  routes.push_back({Method::post, "/logout", Access::browser,
                    [this](const Request& request) { return account_.sign_out(request); }});
  return routes;
}

}  // namespace gatehouse::web
