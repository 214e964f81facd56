// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/google_identity_provider.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/http/secret_form.h"
#include "gatehouse/identity/discovery.h"
#include "gatehouse/identity/document_cache.h"
#include "gatehouse/identity/id_token.h"
#include "gatehouse/identity/scope_names.h"
#include "gatehouse/identity/token_answer.h"
#include "gatehouse/identity/trace_header.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::identity {
namespace {

using base::Errc;
using base::Error;
using telemetry::Field;
using telemetry::RequestTrace;
using namespace std::chrono_literals;
using EndpointCache = DocumentCache<Endpoints>;
using KeyCache = DocumentCache<crypto::JwkSet>;

constexpr auto kTokenTimeout = 10'000ms;
constexpr std::size_t kTokenAnswerBytesMax = 64 * 1024;

RefusalError unreachable(const Error& error) {
  return {Refusal::provider_unreachable, error.detail};
}

DocumentCacheLimits key_limits() {
  DocumentCacheLimits limits;
  limits.body_bytes_max = 128 * 1024;
  return limits;
}

class Query {
 public:
  explicit Query(const std::string& endpoint)
      : url_(endpoint), separator_(endpoint.find('?') == std::string::npos ? '?' : '&') {}

  void add(std::string_view name, std::string_view value) {
    url_ += separator_;
    url_ += name;
    url_ += '=';
    url_ += base::percent_encode(value);
    separator_ = '&';
  }
  std::string take() { return std::move(url_); }

 private:
  std::string url_;
  char separator_;
};

std::string scope_list(const std::vector<std::string>& scopes) {
  std::string list = "openid email profile";
  for (const auto& scope : scopes) list += " " + google_scope_url(scope);
  return list;
}

// Only pre-selects accounts on Google's page: the policy is the claim of the ID token. "*" shows
// Workspace accounts only.
std::string domain_hint(const std::vector<std::string>& domains) {
  if (domains.empty() || std::ranges::find(domains, "*") != domains.end()) return "";
  return domains.size() == 1 ? domains.front() : "*";
}

http::ClientRequest form_request(const std::string& url, http::SecretForm& form,
                                 const RequestTrace& trace) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = url;
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.headers.push_back({"Accept", "application/json"});
  add_trace(request, trace);
  request.body = form.take();
  request.timeout = kTokenTimeout;
  request.body_bytes_max = kTokenAnswerBytesMax;
  return request;
}

}  // namespace

class GoogleIdentityProvider::Impl {
 public:
  Impl(GoogleClientSettings settings, http::Client& client, const base::Clock& clock,
       telemetry::Log& log)
      : settings_(std::move(settings)),
        client_(client),
        clock_(clock),
        log_(log),
        endpoints_(
            client, clock, {},
            [this](std::string_view json) { return parse_discovery(json, settings_.issuer); }),
        keys_(client, clock, key_limits(),
              [](std::string_view json) { return crypto::JwkSet::parse(json); }) {}

  IdentityTask<std::string> authorization_url(const AuthorizationUrl& request,
                                              const RequestTrace& trace);
  IdentityTask<SignIn> sign_in(const base::Secret& code, const base::Secret& code_verifier,
                               std::string_view nonce, const RequestTrace& trace);
  IdentityTask<UpstreamTokens> refresh(const base::Secret& refresh_token,
                                       const RequestTrace& trace);
  IdentityTask<void> revoke(const base::Secret& token, const RequestTrace& trace);
  IdentityTask<void> check();

 private:
  base::Task<EndpointCache::Parsed> endpoints(const RequestTrace& trace);
  IdentityTask<TokenAnswer> redeem(TokenRequest kind, http::SecretForm& form,
                                   const RequestTrace& trace);
  IdentityTask<std::string> verified_payload(const base::Secret& id_token,
                                             const RequestTrace& trace);
  base::Result<Person, RefusalError> person_in(std::string_view payload,
                                               std::string_view nonce) const;

  GoogleClientSettings settings_;
  http::Client& client_;
  const base::Clock& clock_;
  telemetry::Log& log_;
  EndpointCache endpoints_;
  KeyCache keys_;
};

base::Task<EndpointCache::Parsed> GoogleIdentityProvider::Impl::endpoints(
    const RequestTrace& trace) {
  const auto url = discovery_url(settings_.issuer);
  auto found = co_await endpoints_.get(url, trace);
  co_return std::move(found);
}

IdentityTask<std::string> GoogleIdentityProvider::Impl::authorization_url(
    const AuthorizationUrl& request, const RequestTrace& trace) {
  auto endpoints = co_await this->endpoints(trace);
  if (!endpoints) co_return unreachable(endpoints.error());

  Query query((*endpoints)->authorization);
  query.add("response_type", "code");
  query.add("client_id", settings_.client_id);
  query.add("redirect_uri", settings_.redirect_uri);
  query.add("scope", scope_list(request.scopes));
  query.add("state", request.state);
  query.add("nonce", request.nonce);
  query.add("code_challenge", request.code_challenge);
  query.add("code_challenge_method", "S256");
  // A sign-in that asks for no data needs no refresh token: Google keeps a hundred per account and
  // drops the oldest.
  query.add("access_type", request.scopes.empty() ? "online" : "offline");
  query.add("include_granted_scopes", "true");
  if (const auto hint = domain_hint(settings_.allowed_domains); !hint.empty())
    query.add("hd", hint);
  if (!request.login_hint.empty()) query.add("login_hint", request.login_hint);
  if (request.ask_consent_again) {
    query.add("prompt", "consent");
  } else if (request.choose_account) {
    query.add("prompt", "select_account");
  }
  co_return query.take();
}

IdentityTask<TokenAnswer> GoogleIdentityProvider::Impl::redeem(TokenRequest kind,
                                                               http::SecretForm& form,
                                                               const RequestTrace& trace) {
  auto endpoints = co_await this->endpoints(trace);
  if (!endpoints) co_return unreachable(endpoints.error());
  form.add("client_id", settings_.client_id);
  form.add("client_secret", settings_.client_secret.reveal());
  auto request = form_request((*endpoints)->token, form, trace);
  request.send_once =
      kind == TokenRequest::code;  // a code is good once, and its second use may end the grant
  auto response = co_await client_.send(request);
  if (!response) co_return unreachable(response.error());
  co_return read_token_answer(kind, response->status, response->body.reveal(), clock_.now());
}

IdentityTask<SignIn> GoogleIdentityProvider::Impl::sign_in(const base::Secret& code,
                                                           const base::Secret& code_verifier,
                                                           std::string_view nonce,
                                                           const RequestTrace& trace) {
  http::SecretForm form;
  form.add("grant_type", "authorization_code");
  form.add("code", code.reveal());
  form.add("code_verifier", code_verifier.reveal());
  form.add("redirect_uri", settings_.redirect_uri);
  auto answer = co_await redeem(TokenRequest::code, form, trace);
  if (!answer) co_return answer.error();
  if (answer->id_token.empty())
    co_return RefusalError{Refusal::token_invalid, "ID token: none in the answer"};

  auto payload = co_await verified_payload(answer->id_token, trace);
  if (!payload) co_return payload.error();
  auto person = person_in(*payload, nonce);
  if (!person) co_return person.error();

  SignIn result;
  result.person = *std::move(person);
  result.tokens = std::move(answer->tokens);
  co_return std::move(result);
}

// A key set that does not verify the token may be out of date, so it is fetched once more; the
// cache bounds how often.
IdentityTask<std::string> GoogleIdentityProvider::Impl::verified_payload(
    const base::Secret& id_token, const RequestTrace& trace) {
  auto endpoints = co_await this->endpoints(trace);
  if (!endpoints) co_return unreachable(endpoints.error());
  const auto& url = (*endpoints)->keys;
  auto keys = co_await keys_.get(url, trace);
  if (!keys) co_return unreachable(keys.error());
  auto payload = (*keys)->verify(id_token.reveal());
  if (payload) co_return *std::move(payload);

  const bool keys_may_be_old =
      payload.error().code == Errc::not_found || payload.error().code == Errc::denied;
  if (keys_may_be_old) {
    auto newer = co_await keys_.get_other_than(url, *keys, trace);
    if (!newer) co_return unreachable(newer.error());
    if (*newer != *keys) {
      telemetry::TracedLog(log_, trace)
          .info("signing keys fetched again",
                {{Field::count, static_cast<std::int64_t>((*newer)->size())}});
      payload = (*newer)->verify(id_token.reveal());
    }
  }
  if (payload) co_return *std::move(payload);
  co_return RefusalError{Refusal::token_invalid, "ID token: " + payload.error().detail};
}

base::Result<Person, RefusalError> GoogleIdentityProvider::Impl::person_in(
    std::string_view payload, std::string_view nonce) const {
  const IdTokenExpectations expected{settings_.issuer, settings_.client_id, nonce, clock_.now(),
                                     settings_.allowed_domains};
  auto person = judge_id_token(payload, expected);
  if (person) return *std::move(person);
  return RefusalError{refusal_of(person.error()),
                      "ID token: " + std::string(name_of(person.error()))};
}

IdentityTask<UpstreamTokens> GoogleIdentityProvider::Impl::refresh(
    const base::Secret& refresh_token, const RequestTrace& trace) {
  http::SecretForm form;
  form.add("grant_type", "refresh_token");
  form.add("refresh_token", refresh_token.reveal());
  auto answer = co_await redeem(TokenRequest::refresh, form, trace);
  if (!answer) co_return answer.error();
  co_return std::move(answer->tokens);
}

IdentityTask<void> GoogleIdentityProvider::Impl::revoke(const base::Secret& token,
                                                        const RequestTrace& trace) {
  using Revoked = base::Result<void, RefusalError>;
  auto endpoints = co_await this->endpoints(trace);
  if (!endpoints) co_return unreachable(endpoints.error());
  if ((*endpoints)->revocation.empty()) {
    co_return RefusalError{Refusal::provider_refused,
                           "revocation: the provider has no endpoint for it"};
  }
  http::SecretForm form;
  form.add("token", token.reveal());
  const auto request = form_request((*endpoints)->revocation, form, trace);
  auto response = co_await client_.send(request);
  if (!response) co_return unreachable(response.error());
  // RFC 7009 section 2.2 wants 200 for a token that is no more; Google says 400.
  if (response->status == 200 || response->status == 400) co_return Revoked();
  co_return RefusalError{Refusal::provider_unreachable,
                         "revocation: status " + std::to_string(response->status)};
}

IdentityTask<void> GoogleIdentityProvider::Impl::check() {
  using Checked = base::Result<void, RefusalError>;
  auto endpoints = co_await this->endpoints(RequestTrace::none());
  if (!endpoints) co_return unreachable(endpoints.error());
  co_return Checked();
}

GoogleIdentityProvider::GoogleIdentityProvider(GoogleClientSettings settings, http::Client& client,
                                               const base::Clock& clock, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(std::move(settings), client, clock, log)) {}

GoogleIdentityProvider::~GoogleIdentityProvider() = default;

IdentityTask<std::string> GoogleIdentityProvider::authorization_url(const AuthorizationUrl& request,
                                                                    const RequestTrace& trace) {
  return impl_->authorization_url(request, trace);
}

IdentityTask<SignIn> GoogleIdentityProvider::sign_in(const base::Secret& code,
                                                     const base::Secret& code_verifier,
                                                     std::string_view nonce,
                                                     const RequestTrace& trace) {
  return impl_->sign_in(code, code_verifier, nonce, trace);
}

IdentityTask<UpstreamTokens> GoogleIdentityProvider::refresh(const base::Secret& refresh_token,
                                                             const RequestTrace& trace) {
  return impl_->refresh(refresh_token, trace);
}

IdentityTask<void> GoogleIdentityProvider::revoke(const base::Secret& token,
                                                  const RequestTrace& trace) {
  return impl_->revoke(token, trace);
}

IdentityTask<void> GoogleIdentityProvider::check() { return impl_->check(); }

}  // namespace gatehouse::identity
