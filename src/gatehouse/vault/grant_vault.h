// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/data_keys.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// Google's tokens and what we know of the person, as they lie sealed in a grant.
struct UpstreamCredentials {
  UpstreamCredentials() {}
  base::Secret access_token;
  base::Secret refresh_token;
  base::SystemTime access_expires{};
  std::vector<std::string> scopes;  // granted by Google
  std::string email;
  std::string name;
  std::string domain;
};

// What a user allowed a client to do. Everything here authorises and is bound by the seal.
struct GrantTerms {
  GrantTerms() {}
  base::UserId user;
  base::ClientId client;
  std::string redirect_uri;           // of the authorization request
  std::string code_challenge;         // S256
  std::vector<std::string> scopes;    // ours
  std::vector<std::string> declined;  // ours, asked for and not given
  std::string resource;               // canonical MCP URL
  base::SystemTime signed_in_at{};    // the seven days count from here
};

enum class Refused {
  malformed,  // no token of ours: wrong shape or MAC; nothing was looked up
  unknown,    // no such grant any more
  expired,
  replayed,     // used before; the grant has been ended
  ended,        // the user signed out everywhere
  tampered,     // the row does not open: kept, logged, alarmed
  unavailable,  // store or key service failing: try again, nothing was changed
};

// What a revocation put an end to.
enum class Revoked { nothing, token, grant };

struct RefusedError {
  Refused code;
  std::string detail;  // for operators
};

template <class T>
using VaultTask = base::Coroutine<base::Result<T, RefusedError>>;

// An access token that has been proven against its row. Holds no Google token in clear.
struct LiveGrant {
  LiveGrant() {}
  std::string id;     // base64url of the grant id
  base::UserId user;  // HMAC of the subject, as stored: good as a key, not reversible
  // The same of the person as an identity provider named them: stays when the account becomes
  // known. Empty for who came by signing in.
  base::UserId origin;
  base::ClientId client;
  std::vector<std::string> scopes;
  std::vector<std::string> declined;  // asked for at the sign-in and not given
  std::string resource;
  base::SystemTime signed_in_at{};
  base::SystemTime expires{};  // of the grant
  base::SystemTime token_expires{};
  std::optional<base::SystemTime> refreshed_at;  // of the last refresh, while its grace time lasts
  store::RecordPtr record;                       // as read, for the next step

  // Whether no account at Google belongs to it so far: it holds no credentials and is nobody's.
  bool awaits_account() const { return !origin.empty() && origin == user; }
};

// Never null. Shared with what is remembered of the proof, which spares every request a copy.
using LiveGrantPtr = std::shared_ptr<const LiveGrant>;

// The answer to a replica that is about to refresh at Google.
struct UpstreamLease {
  UpstreamLease() {}
  bool ours = false;
  LiveGrant grant;  // as it now is
  base::SystemTime
      until{};  // from then on anybody's; the present when newer credentials are stored
};

// Where Google credentials that allow more are left for a grant by somebody who has no token of it
// (a browser), until a call of that grant comes for them.
struct GrantPickup {
  GrantPickup() {}
  std::string record_key;
  base::Secret secret;   // what is left is sealed under it, and under the data key; base64url
  std::string grant;     // id, as in LiveGrant
  base::UserId subject;  // as Google names the person: nobody else's credentials belong there
  // Instead, of a grant that awaits its account: the address which that has to have. Whoever leaves
  // something fills in the subject that was found to have it.
  std::string email;
};

struct IssuedTokens {
  IssuedTokens() {}
  base::Secret access_token;
  base::Secret refresh_token;
  std::chrono::seconds access_lifetime{};
  std::vector<std::string> scopes;
};

// A code that has been opened but not yet used.
struct PendingCode {
  PendingCode() {}
  GrantTerms terms;
  store::RecordPtr record;
  base::Secret grant_secret;
};

struct VaultOptions {
  VaultOptions() {}
  std::string table = "gatehouse";  // bound into every seal
  std::chrono::seconds session_ttl{168 * 3600};
  std::chrono::seconds access_token_ttl{3600};
  std::chrono::seconds code_ttl{60};
  std::chrono::seconds refresh_grace{30};
  int code_failures_max = 5;
  std::size_t access_tokens_max = 4;
  std::chrono::seconds pickup_ttl{600};  // how long more credentials wait for their grant
  std::size_t verified_max = 4096;       // grants whose last proof is remembered
};

// Grants: one row each, every transition one conditional write (vault.md in the design;
// docs/storage.md). `trace` is that of the request which shows a token: what ends a grant because
// of it is logged by that name.
class GrantVault {
 public:
  GrantVault(VaultOptions options, store::RecordStore& store, DataKeys& data_keys,
             const TokenKeys& token_keys, const base::Clock& clock, base::Random& random,
             telemetry::Log& log);
  ~GrantVault();

  // Seals a new grant and returns its authorization code (60 s, once).
  VaultTask<base::Secret> create_grant(const GrantTerms& terms,
                                       const UpstreamCredentials& upstream);

  // A grant for a person whom an identity provider vouches for. It awaits its account: pick_up()
  // brings that one, whose address has to be `email`, and no other. Until then it holds no
  // credentials and is nobody's. `terms.user` is the provider's name for the person.
  VaultTask<IssuedTokens> create_asserted_grant(const GrantTerms& terms, const std::string& email);

  // Opens a code without using it up, so that client, redirect and verifier can be checked first.
  VaultTask<PendingCode> open_code(const base::Secret& code, const telemetry::RequestTrace& trace =
                                                                 telemetry::RequestTrace::none());
  // Uses the code: one winner, whoever races. A later use of the same code ends the grant
  // (Refused::replayed).
  VaultTask<IssuedTokens> redeem_code(PendingCode pending);
  // Counts a wrong verifier; the fifth burns the code.
  VaultTask<void> count_code_failure(
      const PendingCode& pending,
      const telemetry::RequestTrace& trace = telemetry::RequestTrace::none());

  // The terms a refresh token stands for, so that client, scope and resource can be checked first.
  VaultTask<GrantTerms> inspect_refresh(
      const base::Secret& refresh_token,
      const telemetry::RequestTrace& trace = telemetry::RequestTrace::none());
  // Rotates. A repeat within the grace time gives the same successor; a later one ends the grant.
  // `scopes` narrows the new access token; empty keeps the grant's.
  VaultTask<IssuedTokens> refresh(
      const base::Secret& refresh_token, const std::vector<std::string>& scopes,
      const telemetry::RequestTrace& trace = telemetry::RequestTrace::none());

  // The hot path: one consistent read (grant and user epoch together), no key service.
  VaultTask<LiveGrantPtr> authenticate(
      std::string_view access_token,
      const telemetry::RequestTrace& trace = telemetry::RequestTrace::none());

  // Opens the sealed Google credentials with the bearer that was just authenticated.
  VaultTask<UpstreamCredentials> open_upstream(const LiveGrant& grant,
                                               std::string_view access_token);
  // Stores refreshed Google credentials; refused when the row has moved on, so that a newer
  // credential is never replaced by an older one. Returns the grant as it now is.
  VaultTask<LiveGrant> save_upstream(const LiveGrant& grant, std::string_view access_token,
                                     const UpstreamCredentials& upstream);

  // Writes down that `owner` (a replica) refreshes at Google until `until`, unless another one
  // does. That spares the second refresh and authorises nothing: save_upstream() decides who was
  // first, with or without a lease, and clears it. Not ours either when newer credentials than
  // `grant` holds are stored by now.
  VaultTask<UpstreamLease> lease_upstream(const LiveGrant& grant, std::string_view access_token,
                                          const std::string& owner, base::SystemTime until);
  // After a refresh that failed: lets another replica try at once. Nothing happens when the lease
  // is not `owner`'s.
  VaultTask<void> return_lease(const LiveGrant& grant, std::string_view access_token,
                               const std::string& owner);

  // The pickup of a grant, for its bearer only.
  VaultTask<GrantPickup> pickup_of(const LiveGrant& grant, std::string_view access_token);
  // Leaves what a person has allowed besides, in place of what was left before.
  VaultTask<void> leave(const GrantPickup& pickup, const std::vector<std::string>& scopes,
                        const UpstreamCredentials& upstream);
  // Gives the grant, and the token that asks, what was left for it: one conditional write, and it
  // ends when it would have ended before. False when nothing was left. To a grant that awaits its
  // account it gives that as well, and of the grant's scopes those that were left.
  VaultTask<bool> pick_up(const LiveGrant& grant, std::string_view access_token);

  // Ends one grant at the hand of a token of it (revocation, RFC 7009): a refresh or code ends the
  // grant, an access token only itself. Tokens that are not the client's, or not ours, change
  // nothing and succeed.
  VaultTask<Revoked> revoke_token(const base::Secret& token, const base::ClientId& client);
  // Ends a grant whose Google credential was refused for good, unless the row holds a newer one by
  // now.
  VaultTask<void> end_grant(const LiveGrant& grant);
  // Raises the user's epoch: every grant and browser session of theirs ends at its next use, on
  // every replica.
  VaultTask<void> end_everything_of(const base::UserId& subject);

  // Ends every grant and browser session of theirs that was signed in at `until` or before, and no
  // later one, however late or often it is called. False when nothing had to be written: it was
  // done before, or whatever is so old is over. A record is made only for the seven days in which
  // it can matter.
  VaultTask<bool> end_everything_until(const base::UserId& subject, base::SystemTime until);

  // Called with the stored forms of a user, in the process where it happens, as soon as one of the
  // two above has ended what was signed in at the given time or before.
  using EndedListener = std::function<void(const std::vector<base::UserId>&, base::SystemTime)>;
  void when_ended(EndedListener listener);

  // The user's epoch now; 0 when they never signed out everywhere. A browser session remembers it.
  VaultTask<std::int64_t> epoch_of(const base::UserId& subject);
  // Whether a session that was signed in at `signed_in_at`, when the user's epoch was `epoch`, has
  // been ended by one of the two above.
  VaultTask<bool> has_ended(const base::UserId& subject, std::int64_t epoch,
                            base::SystemTime signed_in_at);

  // The stored form of a subject: HMAC under the token key.
  base::UserId hashed(const base::UserId& subject) const;
  // The same under every token key that still counts, the current one first.
  std::vector<base::UserId> hashes_of(const base::UserId& subject) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::vault
