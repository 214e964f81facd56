// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/oauth/server_bench.h"
#include "gatehouse/web/site.h"

namespace gatehouse::web {

// For tests: a provider that vouches for whom it is told to.
class FakeIdentityProvider final : public identity::IdentityProvider {
 public:
  identity::IdentityTask<std::string> authorization_url(
      const identity::AuthorizationUrl& request, const telemetry::RequestTrace& trace) override {
    ++trips;
    asked_in = trace.trace_id();
    last = request;
    const identity::RefusalError away{identity::Refusal::provider_unreachable, "switched off"};
    if (unreachable) co_return away;
    co_return "https://accounts.google.test/auth?state=" + request.state;
  }
  identity::IdentityTask<identity::SignIn> sign_in(const base::Secret& code,
                                                   const base::Secret& verifier,
                                                   std::string_view nonce,
                                                   const telemetry::RequestTrace& trace) override {
    asked_in = trace.trace_id();
    last_code = std::string(code.reveal());
    verifier_fits = oauth::verifier_matches(verifier.reveal(), last.code_challenge);
    nonce_fits = nonce == last.nonce;
    if (refusal) co_return identity::RefusalError{*refusal, "told to"};
    identity::SignIn signed_in;
    signed_in.person.user = base::UserId(subject);
    signed_in.person.email = email;
    signed_in.person.name = name;
    signed_in.person.domain = "example.com";
    signed_in.tokens.access_token = base::Secret::copy_of("ya29.google");
    const bool gives = gives_refresh_token || last.ask_consent_again;
    if (gives) signed_in.tokens.refresh_token = base::Secret::copy_of("1//google");
    signed_in.tokens.scopes = granted;
    co_return std::move(signed_in);
  }
  identity::IdentityTask<identity::UpstreamTokens> refresh(
      const base::Secret&, const telemetry::RequestTrace&) override {
    co_return identity::UpstreamTokens();
  }
  identity::IdentityTask<void> revoke(const base::Secret&,
                                      const telemetry::RequestTrace&) override {
    co_return base::Result<void, identity::RefusalError>();
  }
  identity::IdentityTask<void> check() override {
    co_return base::Result<void, identity::RefusalError>();
  }

  bool unreachable = false;
  bool gives_refresh_token = true;
  std::optional<identity::Refusal> refusal;
  std::string name = "Ada Lovelace";
  std::string email = "ada@example.com";
  std::string subject = "sub-1";
  std::vector<std::string> granted = {"gmail.readonly"};

  int trips = 0;
  std::string asked_in;  // the trace of the last request that asked
  identity::AuthorizationUrl last;
  std::string last_code;
  bool verifier_fits = false;
  bool nonce_fits = false;
};

// For tests: what our scopes stand for at Google.
inline oauth::Scopes google_scopes_for(const oauth::Scopes& scopes) {
  oauth::Scopes needed;
  if (oauth::contains_all(scopes, {"workspace.read"})) needed.push_back("gmail.readonly");
  if (oauth::contains_all(scopes, {"workspace.write"})) needed.push_back("gmail.send");
  return needed;
}
// For tests: what it is told was done.
class FakeActivity final : public ActivitySource {
 public:
  std::optional<SessionActivity> of(std::string_view) const override { return seen; }
  base::SystemTime since() const override { return base::from_epoch_seconds(1'799'990'000); }

  std::optional<SessionActivity> seen;
};

// For tests: the pages on top of a whole authorization server.
class SiteBench : public oauth::ServerBench {
 public:
  explicit SiteBench(SiteSettings settings = default_settings())
      : own_sessions(vault::VaultOptions(), grants, records, store, data_keys, clock, random, log),
        services(server, provider, grants, own_sessions, records, traces, seals, activity, clock,
                 random, log),
        site(std::move(settings), services) {
    for (http::Route& route : site.routes()) router.add(std::move(route));
  }

  static SiteSettings default_settings() {
    SiteSettings settings;
    settings.public_url = "https://gate.example";
    settings.identity_origin = "https://accounts.google.test";
    settings.google_scopes = &google_scopes_for;
    settings.served_scopes = [](const oauth::Scopes& scopes, const oauth::Scopes& granted) {
      oauth::Scopes served;
      for (const std::string& scope : scopes) {
        if (oauth::contains_all(granted, google_scopes_for({scope}))) served.push_back(scope);
      }
      return served;
    };
    settings.allowed_domains = {"example.com"};
    return settings;
  }

  std::string authorize_target(const std::string& client, const std::string& more = "") const {
    return "/authorize?" +
           http::encode_form({{"response_type", "code"},
                              {"client_id", client},
                              {"redirect_uri", redirect},
                              {"code_challenge", oauth::code_challenge_for(verifier)},
                              {"code_challenge_method", "S256"},
                              {"state", "state of " + client}}) +
           more;
  }

  FakeIdentityProvider provider;
  vault::OwnSessions own_sessions;
  vault::SessionTraces traces{store, grants};
  FakeActivity activity;
  SiteServices services;
  Site site;
};

// For tests: a browser with a cookie jar of its own.
class Browser {
 public:
  explicit Browser(SiteBench& bench) : bench_(bench) {}

  http::Response get(const std::string& target) {
    oauth::TestRequest request(http::Method::get, target);
    return send(request);
  }
  // As a page of ours would.
  http::Response post(const std::string& target, const http::FormFields& fields) {
    oauth::TestRequest request(http::Method::post, target);
    request.form(fields).header("Origin", "https://gate.example");
    request.header("Sec-Fetch-Site", "same-origin");
    return send(request);
  }
  http::Response send(oauth::TestRequest& request) {
    std::string cookies;
    for (const auto& [name, value] : jar) {
      cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    }
    if (!cookies.empty()) request.header("Cookie", cookies);
    http::Response response = bench_.send(request);
    for (const http::ResponseField& header : response.headers) {
      if (header.name == "Set-Cookie") keep(header.value.str());
    }
    return response;
  }

  // Opens the consent page of a client and gives its hidden field.
  std::string open_consent(const std::string& client, const std::string& more = "") {
    return form_field(get(bench_.authorize_target(client, more)));
  }
  http::Response decide(const std::string& form, const std::string& decision) {
    return post("/consent", {{"form", form}, {"decision", decision}});
  }
  // The way back from Google after `departure`, the redirect that led there.
  http::Response come_back(const http::Response& departure, const std::string& more = "&code=4/x") {
    const std::string state = oauth::location_field(departure, "state").value_or("none");
    return get("/oauth/google/callback?state=" + state + more);
  }

  static std::string form_field(const http::Response& response) {
    const std::string_view marker = "name=\"form\" value=\"";
    const std::size_t start = response.body.find(marker);
    if (start == std::string::npos) return {};
    const std::size_t value = start + marker.size();
    return response.body.substr(value, response.body.find('"', value) - value);
  }

  // Cookies of what has begun and not ended: the consent page's, that of a trip to Google.
  std::size_t open_trips() const {
    return jar.count("__Host-gth_form") + jar.count("__Host-gth_signin");
  }

  std::map<std::string, std::string> jar;

 private:
  void keep(const std::string& cookie) {
    const std::size_t equals = cookie.find('=');
    const std::string name = cookie.substr(0, equals);
    const std::string value = cookie.substr(equals + 1, cookie.find(';') - equals - 1);
    if (cookie.find("Max-Age=0;") != std::string::npos) {
      jar.erase(name);
    } else {
      jar[name] = value;
    }
  }

  SiteBench& bench_;
};

}  // namespace gatehouse::web
