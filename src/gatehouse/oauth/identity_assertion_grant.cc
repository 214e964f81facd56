// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/identity_assertion_grant.h"

#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/http/url.h"
#include "gatehouse/oauth/refusal_log.h"
#include "gatehouse/oauth/resource.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

using telemetry::Field;

// Section 8.1 wants clients that prove themselves. Of public ones the profile for MCP admits those
// that publish themselves; with them go those that the operator wrote down. A public client that
// registered has an id that vouches for nobody.
bool may_present_assertions(const Client& client) {
  return client.authentication != ClientAuthentication::none ||
         !client.id.str().starts_with(kRegisteredIdPrefix);
}

bool names_our_resource(const AuthorizationServerSettings& settings, const FormBody& form) {
  for (const std::string_view value : form.values("resource")) {
    if (!canonical_resource(settings, value)) return false;
  }
  return true;
}

}  // namespace

IdentityAssertionGrant::IdentityAssertionGrant(const AuthorizationServerSettings& settings,
                                               IdentityAssertionVerifier& verifier,
                                               vault::GrantVault& grants, const base::Clock& clock,
                                               telemetry::Log& log)
    : settings_(settings), verifier_(verifier), grants_(grants), clock_(clock), log_(log) {}

base::Coroutine<Judged<vault::IssuedTokens>> IdentityAssertionGrant::issue(
    const Client& client, const FormBody& form, const telemetry::RequestTrace& trace) {
  telemetry::TracedLog log(log_, trace);
  IdentityAssertion assertion;
  const auto terms = co_await redeem(client, form, assertion, trace);
  if (!terms) co_return terms.error();
  auto issued = co_await grants_.create_asserted_grant(*terms, assertion.email);
  if (!issued) {
    log.error("grant not stored", {{Field::detail, std::string_view(issued.error().detail)}});
    const Rejection unavailable{Reason::temporarily_unavailable,
                                "try again in a moment, with another assertion"};
    co_return unavailable;
  }
  const auto issuer = http::parse_url(assertion.issuer);
  const std::string host = issuer ? issuer->host : std::string();
  const std::string user = grants_.hashed(terms->user).str().substr(0, 12);
  log.audit("identity assertion accepted", {{Field::client, std::string_view(client.id.str())},
                                            {Field::user, std::string_view(user)},
                                            {Field::upstream, std::string_view(host)}});
  co_return std::move(*issued);
}

// The order is that of cost and of what a mistake would spend: it is used up when nothing else
// stands in its way.
base::Coroutine<Judged<vault::GrantTerms>> IdentityAssertionGrant::redeem(
    const Client& client, const FormBody& form, IdentityAssertion& assertion,
    const telemetry::RequestTrace& trace) {
  const Rejection public_client{Reason::unauthorized_client,
                                "a client that registered needs a secret or a key for this grant"};
  if (!may_present_assertions(client)) co_return public_client;
  const base::Secret presented = form.secret("assertion");
  const Rejection missing{Reason::invalid_request, "assertion is missing"};
  if (presented.empty()) co_return missing;
  const Rejection other_resource{Reason::invalid_target, "there is no such resource here"};
  if (!names_our_resource(settings_, form)) co_return other_resource;

  auto verified = co_await verifier_.verify(presented, trace);
  if (!verified) co_return told_outside(client, verified.error(), trace);
  const Rejection foreign{Reason::invalid_grant, "client_id is not the client that presents it"};
  if (verified->client_id != client.id.str()) co_return told_outside(client, foreign, trace);
  auto scopes = granted_scopes(form, *verified);
  if (!scopes) co_return scopes.error();
  const auto used = co_await verifier_.use_up(*verified, trace);
  if (!used) co_return told_outside(client, used.error(), trace);

  vault::GrantTerms terms;
  terms.user = base::UserId(asserted_subject(*verified));
  terms.client = client.id;
  terms.scopes = *std::move(scopes);
  terms.resource = settings_.resource();
  terms.signed_in_at = clock_.now();
  assertion = *std::move(verified);
  co_return terms;
}

// The profile for MCP, section 7.2.1: the assertion allows no more than is asked for, and what both
// name is granted. Who names nothing gets what the assertion allows, or what every client gets.
Judged<Scopes> IdentityAssertionGrant::granted_scopes(const FormBody& form,
                                                      const IdentityAssertion& assertion) const {
  auto asked = parse_scope(form.value("scope").value_or(""));
  if (!asked) return Rejection{Reason::invalid_scope, "scope is malformed"};
  std::erase(*asked, kHarmlessScope);
  const Scopes known = intersection(*asked, settings_.scopes_supported);
  if (asked->empty()) return assertion.scopes.value_or(settings_.default_scopes);
  if (known.empty()) return Rejection{Reason::invalid_scope, "no such scope here"};
  if (!assertion.scopes) return known;
  if (!contains_all(known, *assertion.scopes)) {
    return Rejection{Reason::invalid_scope, "the assertion allows more than scope asks for"};
  }
  return *assertion.scopes;
}

// Which claim or key is wrong would tell a stranger what to try next. Scopes are public.
Rejection IdentityAssertionGrant::told_outside(const Client& client, const Rejection& rejection,
                                               const telemetry::RequestTrace& trace) const {
  telemetry::TracedLog log(log_, trace);
  log_refusal(log, "identity assertion refused", rejection, client.id.str());
  if (rejection.reason == Reason::invalid_scope) return rejection;
  if (rejection.reason == Reason::temporarily_unavailable) {
    return {rejection.reason, "the assertion cannot be verified now; try again in a moment"};
  }
  return {Reason::invalid_grant,
          "the assertion is not accepted; the operator's log says what is wrong with it"};
}

}  // namespace gatehouse::oauth
