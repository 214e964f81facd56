// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/assertion_verifier.h"

#include <utility>

namespace gatehouse::oauth {
namespace {

Rejection fault(std::string description) {
  return {Reason::invalid_client, "client_assertion: " + std::move(description)};
}

}  // namespace

AssertionVerifier::AssertionVerifier(const AuthorizationServerSettings& settings, ClientKeys& keys,
                                     UsedAssertions& used, const base::Clock& clock)
    : settings_(settings), keys_(keys), used_(used), clock_(clock) {}

base::Coroutine<Judged<void>> AssertionVerifier::verify(const Client& client,
                                                        const base::Secret& assertion,
                                                        const telemetry::RequestTrace& trace) {
  const auto claims = co_await signed_claims(client, assertion, trace);
  if (!claims) co_return claims.error();
  const auto judged = judge_client_assertion(settings_, *claims, client.id.str(), clock_.now());
  if (!judged) co_return judged.error();
  const auto used = co_await use_up(client, *judged, trace);
  co_return used;
}

// A key that we do not know may be a new one, so its host is asked once more.
base::Coroutine<Judged<std::string>> AssertionVerifier::signed_claims(
    const Client& client, const base::Secret& assertion, const telemetry::RequestTrace& trace) {
  const auto head = read_assertion_head(assertion.reveal());
  const Rejection unreadable = fault("it is not a compact JWT of at most 16 KB");
  if (!head) co_return unreadable;
  const Rejection other_algorithm = fault("alg must be " + client.signing_algorithm);
  if (!client.signing_algorithm.empty() && head->algorithm != client.signing_algorithm) {
    co_return other_algorithm;
  }
  auto keys = co_await keys_.find(client, trace);
  if (!keys) co_return keys.error();
  auto claims = (*keys)->verify(assertion.reveal());
  const bool is_unknown_key = !claims && claims.error().code != base::Errc::invalid_argument;
  if (is_unknown_key && keys_.doubt(client)) {
    keys = co_await keys_.find(client, trace);
    if (!keys) co_return keys.error();
    claims = (*keys)->verify(assertion.reveal());
  }
  if (!claims) co_return fault("it is not signed by a key of the client: " + claims.error().detail);
  co_return *std::move(claims);
}

// Ids are the client's own, so two clients may use the same one. A client id has no line feed.
base::Coroutine<Judged<void>> AssertionVerifier::use_up(const Client& client,
                                                        const AssertionClaims& claims,
                                                        const telemetry::RequestTrace& trace) {
  const auto use = co_await used_.note(client.id.str(), claims.id, claims.acceptable_until, trace);
  if (use == UsedAssertions::Use::first) co_return Judged<void>();
  const Rejection again = fault("it was used before; sign one with another jti for every request");
  if (use == UsedAssertions::Use::again) co_return again;
  const Rejection unavailable{Reason::temporarily_unavailable,
                              "the client cannot be authenticated now; try again"};
  co_return unavailable;
}

}  // namespace gatehouse::oauth
