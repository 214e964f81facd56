// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/identity_assertion_verifier.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::oauth {
namespace {

Rejection fault(std::string description) { return {Reason::invalid_grant, std::move(description)}; }

// A key set that cannot be had now may come; one that is wrong is the operator's to mend, and the
// assertion is as good as unsigned until then.
Rejection rejection_for(const Rejection& keys) {
  const bool is_passing = keys.reason == Reason::client_document_unreachable;
  return {is_passing ? Reason::temporarily_unavailable : Reason::invalid_grant,
          "no keys of its issuer: " + keys.description};
}

// Ids are unique for a person of an issuer. Client ids have no spaces, so none means the same.
std::string chosen_by(const IdentityAssertion& assertion) {
  std::string parts;
  for (const std::string& part : {assertion.issuer, assertion.tenant, assertion.subject}) {
    parts += crypto::view(crypto::sha256(part));
  }
  return "id-jag " + base::base64url_encode(crypto::view(crypto::sha256(parts)));
}

}  // namespace

IdentityAssertionVerifier::IdentityAssertionVerifier(const AuthorizationServerSettings& settings,
                                                     IssuerKeys& keys, UsedAssertions& used,
                                                     const base::Clock& clock)
    : settings_(settings), keys_(keys), used_(used), clock_(clock) {}

base::Coroutine<Judged<IdentityAssertion>> IdentityAssertionVerifier::verify(
    const base::Secret& assertion, const telemetry::RequestTrace& trace) {
  const auto issuer = read_assertion_issuer(assertion.reveal());
  const Rejection unreadable = fault("it is no compact JWT of at most 16 KB");
  if (!issuer) co_return unreadable;
  const auto& trusted = settings_.enterprise_issuers;
  const Rejection unknown = fault("iss is not among GATEHOUSE_ENTERPRISE_ISSUERS");
  if (std::find(trusted.begin(), trusted.end(), *issuer) == trusted.end()) co_return unknown;
  const auto verified = co_await signed_by(*issuer, assertion, trace);
  if (!verified) co_return verified.error();
  co_return judge_identity_assertion(settings_, *verified, *issuer, clock_.now());
}

// A key that we do not know may be a new one, so its issuer is asked once more.
base::Coroutine<Judged<crypto::VerifiedJws>> IdentityAssertionVerifier::signed_by(
    const std::string& issuer, const base::Secret& assertion,
    const telemetry::RequestTrace& trace) {
  auto keys = co_await keys_.find(issuer, trace);
  if (!keys) co_return rejection_for(keys.error());
  auto verified = (*keys)->verify_typed(assertion.reveal());
  const bool is_unknown_key = !verified && verified.error().code != base::Errc::invalid_argument;
  if (is_unknown_key && keys_.doubt(issuer)) {
    keys = co_await keys_.find(issuer, trace);
    if (!keys) co_return rejection_for(keys.error());
    verified = (*keys)->verify_typed(assertion.reveal());
  }
  if (!verified) co_return fault("it is not signed by a key of iss: " + verified.error().detail);
  co_return *std::move(verified);
}

base::Coroutine<Judged<void>> IdentityAssertionVerifier::use_up(
    const IdentityAssertion& assertion, const telemetry::RequestTrace& trace) {
  const std::string by = chosen_by(assertion);
  const auto use = co_await used_.note(by, assertion.id, assertion.acceptable_until, trace);
  if (use == UsedAssertions::Use::first) co_return Judged<void>();
  const Rejection again = fault("it was used before");
  if (use == UsedAssertions::Use::again) co_return again;
  const Rejection unavailable{Reason::temporarily_unavailable, "its use could not be noted"};
  co_return unavailable;
}

}  // namespace gatehouse::oauth
