// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_vault.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/asserted_grant.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/grant_content.h"
#include "gatehouse/vault/grant_pickup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/refusal.h"
#include "gatehouse/vault/token_issue.h"
#include "gatehouse/vault/user_epochs.h"
#include "gatehouse/vault/verified_grants.h"

namespace gatehouse::vault {
namespace {

using store::RecordPtr;
using telemetry::Level;
using telemetry::RequestTrace;
using Done = base::Result<void, RefusedError>;

constexpr std::chrono::hours kLifetimeMax{168};
// Losing this many races in a row means somebody hammers one grant; the caller may try again.
constexpr int kTriesMax = 8;
constexpr std::size_t kFieldBytesMax = 16 * 1024;
constexpr std::size_t kScopesMax = 128;

RefusedError contended() {
  return refuse(Refused::unavailable, "the grant is being changed by others");
}

bool is_scope(const std::string& scope) {
  // RFC 6749 section 3.3: printable ASCII without space, quote and backslash.
  return !scope.empty() && std::all_of(scope.begin(), scope.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
}

bool fits(std::string_view text) { return text.size() <= kFieldBytesMax; }

bool fits(const GrantTerms& terms) {
  return !terms.user.empty() && fits(terms.user.str()) && !terms.client.empty() &&
         fits(terms.client.str()) && fits(terms.redirect_uri) && fits(terms.code_challenge) &&
         fits(terms.resource) && terms.scopes.size() <= kScopesMax &&
         fits(join_scopes(terms.scopes)) && terms.declined.size() <= kScopesMax &&
         fits(join_scopes(terms.declined)) &&
         std::all_of(terms.scopes.begin(), terms.scopes.end(), is_scope) &&
         std::all_of(terms.declined.begin(), terms.declined.end(), is_scope);
}

bool fits(const UpstreamCredentials& upstream) {
  return fits(upstream.access_token.reveal()) && fits(upstream.refresh_token.reveal()) &&
         upstream.scopes.size() <= kScopesMax && fits(join_scopes(upstream.scopes)) &&
         fits(upstream.email) && fits(upstream.name) && fits(upstream.domain);
}

GrantTerms terms_of(const OpenedGrant& grant) {
  GrantTerms terms;
  terms.user = grant.content.subject;
  terms.client = grant.row.client;
  terms.redirect_uri = grant.content.redirect_uri;
  terms.code_challenge = grant.content.code_challenge;
  terms.scopes = split_scopes(grant.row.scope);
  terms.declined = split_scopes(grant.row.declined);
  terms.resource = grant.row.resource;
  terms.signed_in_at = grant.row.signed_in_at;
  return terms;
}

// A row and the user's epoch record, as one read found them.
struct Found {
  Found() {}
  std::string key;
  RecordPtr record;
  RecordPtr user_record;
  GrantRow row;
};

// A refresh token that was matched to its row.
struct RefreshUse {
  RefreshUse() {}
  std::string key;
  OpenedGrant grant;
  bool repeated = false;
};

}  // namespace

class GrantVault::Impl {
 public:
  Impl(VaultOptions options, store::RecordStore& store, DataKeys& data_keys,
       const TokenKeys& token_keys, const base::Clock& clock, base::Random& random,
       telemetry::Log& log)
      : options_(std::move(options)),
        store_(store),
        token_keys_(token_keys),
        clock_(clock),
        random_(random),
        subject_keys_(token_keys, "gatehouse/sub/1"),
        seal_(options_.table, data_keys, random),
        records_(store, seal_, clock, log),
        pickups_(options_.table, store, data_keys, clock, random),
        epochs_(store, seal_, clock),
        issue_(options_, token_keys, random),
        verified_(options_.verified_max) {}

  VaultTask<base::Secret> create_grant(const GrantTerms& terms,
                                       const UpstreamCredentials& upstream) {
    const base::SystemTime now = clock_.now();
    auto grant = co_await begin_grant(terms, upstream, now);
    if (!grant) co_return grant.error();
    const base::Secret id = random_.secret(kGrantIdBytes);
    const IssueContext context = context_for(id.reveal(), *grant, now);
    base::Secret code = issue_.code(context, grant->row);
    const std::string key = grant_record_key(id.reveal());
    auto written = co_await records_.write(key, *grant);
    if (!written) co_return refuse(written.error());
    co_return code;
  }

  VaultTask<IssuedTokens> create_asserted_grant(const GrantTerms& terms, const std::string& email) {
    if (email.empty()) co_return refuse(Refused::malformed, "an account needs an address");
    UpstreamCredentials nothing;
    nothing.email = email;
    const base::SystemTime now = clock_.now();
    auto grant = co_await begin_grant(terms, nothing, now);
    if (!grant) co_return grant.error();
    grant->row.origin = grant->row.user;
    const base::Secret id = random_.secret(kGrantIdBytes);
    const IssueContext context = context_for(id.reveal(), *grant, now);
    IssuedTokens tokens = issue_.first_tokens(context, grant->row);
    const std::string key = grant_record_key(id.reveal());
    auto written = co_await records_.write(key, *grant);
    if (!written) co_return refuse(written.error());
    co_return tokens;
  }

  VaultTask<PendingCode> open_code(const base::Secret& text, const RequestTrace& trace) {
    const std::optional<Bearer> code = proven(BearerKind::code, text.reveal());
    if (!code) co_return refuse(Refused::malformed, "not a code of ours");
    auto found = co_await find(*code);
    if (!found) co_return found.error();
    auto alive = co_await check_alive(*found);
    if (!alive) co_return alive.error();
    if (!found->row.code) {
      auto refusal = co_await end_replayed(found->key, "authorization code used again", trace);
      co_return refusal;
    }
    const CodeSlot& slot = *found->row.code;
    if (!same_tag(slot.token.tag, code->tag())) {
      co_return tampered(found->key, "a grant has only one code, and this is another", trace);
    }
    if (clock_.now() >= slot.expires) co_return refuse(Refused::expired, "the code is too old");
    auto opened = co_await records_.open_with(found->record, *code, slot.token);
    if (!opened) co_return opened.error();
    PendingCode pending;
    pending.terms = terms_of(*opened);
    pending.record = opened->record;
    pending.grant_secret = std::move(opened->grant_key);
    co_return pending;
  }

  VaultTask<IssuedTokens> redeem_code(const PendingCode& pending) {
    RecordPtr record = pending.record;
    const std::string key = record->key;
    for (int i = 0; i < kTriesMax; ++i) {
      auto grant = co_await records_.open(record, pending.grant_secret);
      if (!grant) co_return grant.error();
      // This caller has shown the verifier, so losing a race means a doubled request, not a theft.
      if (!grant->row.code) co_return refuse(Refused::replayed, "the code was used meanwhile");
      const base::SystemTime now = clock_.now();
      if (now >= grant->row.code->expires || now >= grant->row.expires) {
        co_return refuse(Refused::expired, "the code is too old");
      }
      const std::string id = grant_id_of(key);
      const IssueContext context = context_for(id, *grant, now);
      IssuedTokens tokens = issue_.first_tokens(context, grant->row);
      auto written = co_await records_.write(key, *grant);
      if (written) co_return tokens;
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      auto current = co_await records_.read(key);
      if (!current) co_return current.error();
      record = *current;
    }
    co_return contended();
  }

  VaultTask<void> count_code_failure(const PendingCode& pending, const RequestTrace& trace) {
    RecordPtr record = pending.record;
    const std::string key = record->key;
    for (int i = 0; i < kTriesMax; ++i) {
      auto grant = co_await records_.open(record, pending.grant_secret);
      if (!grant) co_return grant.error();
      if (!grant->row.code) co_return Done();
      grant->row.code->failures += 1;
      if (grant->row.code->failures >= options_.code_failures_max) {
        records_.log(Level::warn, "authorization code burnt", key, "too many wrong verifiers",
                     trace);
        auto ended = co_await records_.end(key);
        co_return ended;
      }
      auto written = co_await records_.write(key, *grant);
      if (written) co_return Done();
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      auto current = co_await records_.read(key);
      if (!current && current.error().code == Refused::unknown) co_return Done();
      if (!current) co_return current.error();
      record = *current;
    }
    co_return contended();
  }

  VaultTask<GrantTerms> inspect_refresh(const base::Secret& text, const RequestTrace& trace) {
    const std::optional<Bearer> token = proven(BearerKind::refresh, text.reveal());
    if (!token) co_return refuse(Refused::malformed, "not a refresh token of ours");
    auto use = co_await open_refresh(*token, trace);
    if (!use) co_return use.error();
    co_return terms_of(use->grant);
  }

  VaultTask<IssuedTokens> refresh(const base::Secret& text, const std::vector<std::string>& scopes,
                                  const RequestTrace& trace) {
    const std::optional<Bearer> token = proven(BearerKind::refresh, text.reveal());
    if (!token) co_return refuse(Refused::malformed, "not a refresh token of ours");
    for (int i = 0; i < kTriesMax; ++i) {
      auto use = co_await open_refresh(*token, trace);
      if (!use) co_return use.error();
      const IssueContext context = context_for(token->grant_id(), use->grant, clock_.now());
      if (use->repeated) {
        std::optional<IssuedTokens> again = issue_.repeat(*token, context, use->grant.row);
        if (!again) co_return refuse(Refused::unknown, "the answer to repeat is gone");
        co_return std::move(*again);
      }
      const std::optional<std::string> scope = narrowed(use->grant.row, scopes);
      if (!scope) co_return refuse(Refused::malformed, "a scope beyond the grant");
      IssuedTokens tokens = issue_.rotate(*token, *scope, context, use->grant.row);
      auto written = co_await records_.write(use->key, use->grant);
      if (written) co_return tokens;
      // Whoever won has written the successor of this very token: the next round repeats it.
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
    }
    co_return contended();
  }

  VaultTask<LiveGrantPtr> authenticate(std::string_view text, const RequestTrace& trace) {
    const std::optional<GrantId> id = peek_grant_id(BearerKind::access, text);
    if (!id) co_return refuse(Refused::malformed, "not an access token of ours");
    forget_proofs_of_other_keys();
    const std::shared_ptr<const VerifiedGrant> known = verified_.find(*id);
    // A text with the digest of one whose MAC was proven is that text.
    const VerifiedToken* const token = known ? known->find(crypto::sha256(text)) : nullptr;
    if (token != nullptr) {
      auto read = co_await store_.get_each(known->keys);
      if (!read) co_return refuse(read.error());
      const base::SystemTime now = clock_.now();
      if (known->holds_for((*read)[0], (*read)[1]) && !known->is_untidy_at(now)) {
        if (now >= token->grant.token_expires || now >= token->grant.expires) {
          co_return refuse(Refused::expired, "the access token is too old");
        }
        co_return LiveGrantPtr(known, &token->grant);
      }
    }
    auto proven_anew = co_await authenticate_slowly(text, *id, trace);
    co_return proven_anew;
  }

  VaultTask<UpstreamCredentials> open_upstream(const LiveGrant& grant, std::string_view text) {
    auto opened = co_await open_live(grant, text);
    if (!opened) co_return opened.error();
    co_return std::move(opened->content.upstream);
  }

  VaultTask<LiveGrant> save_upstream(const LiveGrant& live, std::string_view text,
                                     const UpstreamCredentials& upstream) {
    if (!fits(upstream)) co_return refuse(Refused::malformed, "a Google credential is too long");
    auto grant = co_await open_live(live, text);
    if (!grant) co_return grant.error();
    const std::string key = live.record->key;
    const std::int64_t replaced = grant->row.content_generation;
    for (int i = 0; i < kTriesMax; ++i) {
      if (grant->row.content_generation != replaced) {
        co_return refuse(Refused::unavailable, "newer Google credentials are stored already");
      }
      apply(upstream, *grant);
      grant->row.lease.reset();
      drop_stale_previous(grant->row);
      auto written = co_await records_.write(key, *grant);
      if (written) {
        LiveGrant saved = live;
        saved.record = *written;
        co_return saved;
      }
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      // The grant key is the grant's whatever became of this token, so what Google gave is kept
      // even when the token has been replaced meanwhile.
      auto reopened = co_await reopen(key, *grant);
      if (!reopened) co_return reopened.error();
    }
    co_return contended();
  }

  VaultTask<UpstreamLease> lease_upstream(const LiveGrant& live, std::string_view text,
                                          const std::string& owner, base::SystemTime until) {
    if (owner.empty() || owner.size() > kLeaseOwnerBytesMax) {
      co_return refuse(Refused::malformed, "a lease needs a short name of its owner");
    }
    auto grant = co_await open_live(live, text);
    if (!grant) co_return grant.error();
    const std::string key = live.record->key;
    const std::int64_t known = grant->row.content_generation;
    for (int i = 0; i < kTriesMax; ++i) {
      UpstreamLease lease;
      lease.grant = live;
      lease.grant.record = grant->record;
      lease.until = clock_.now();
      if (grant->row.content_generation != known) co_return lease;
      if (is_leased_to_another(grant->row, owner)) {
        lease.until = grant->row.lease->until;
        co_return lease;
      }
      LeaseSlot slot;
      slot.owner = owner;
      slot.until = until;
      grant->row.lease = std::move(slot);
      drop_stale_previous(grant->row);
      auto written = co_await records_.write(key, *grant);
      if (written) {
        lease.ours = true;
        lease.grant.record = *written;
        lease.until = until;
        co_return lease;
      }
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      auto reopened = co_await reopen(key, *grant);
      if (!reopened) co_return reopened.error();
    }
    co_return contended();
  }

  VaultTask<void> return_lease(const LiveGrant& live, std::string_view text,
                               const std::string& owner) {
    auto grant = co_await open_live(live, text);
    if (!grant) co_return grant.error();
    const std::string key = live.record->key;
    for (int i = 0; i < kTriesMax; ++i) {
      if (!grant->row.lease || grant->row.lease->owner != owner) co_return Done();
      grant->row.lease.reset();
      auto written = co_await records_.write(key, *grant);
      if (written) co_return Done();
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      auto reopened = co_await reopen(key, *grant);
      if (!reopened) co_return reopened.error();
    }
    co_return contended();
  }

  VaultTask<GrantPickup> pickup_of(const LiveGrant& live, std::string_view text) {
    auto grant = co_await open_live(live, text);
    if (!grant) co_return grant.error();
    co_return pickup_of_opened(*grant);
  }

  VaultTask<void> leave(const GrantPickup& pickup, const std::vector<std::string>& scopes,
                        const UpstreamCredentials& upstream) {
    if (pickup.subject.empty() || !fits(upstream) || scopes.empty() || scopes.size() > kScopesMax ||
        !std::all_of(scopes.begin(), scopes.end(), is_scope)) {
      co_return refuse(Refused::malformed, "a field of what is left is too long or malformed");
    }
    LeftForGrant left;
    left.subject = pickup.subject;
    left.scopes = scopes;
    left.upstream = copy_of(upstream);
    if (!pickup.email.empty()) {
      const base::UserId user = hashed(pickup.subject);
      auto ends = co_await epochs_.read(user);
      if (!ends) co_return ends.error();
      left.epoch = ends->epoch;
    }
    const base::Secret content = encode(left);
    const base::SystemTime expires = clock_.now() + options_.pickup_ttl;
    auto removed = co_await pickups_.remove(pickup.record_key);
    if (!removed) co_return removed.error();
    auto created = co_await pickups_.create(pickup.record_key, content, expires, pickup.secret);
    co_return created;
  }

  // The record goes last: should this end half-way, the next call finds it and changes nothing
  // more.
  VaultTask<bool> pick_up(const LiveGrant& live, std::string_view text) {
    auto grant = co_await open_live(live, text);
    if (!grant) co_return grant.error();
    const GrantPickup pickup = pickup_of_opened(*grant);
    auto opened = co_await pickups_.open(pickup.record_key, pickup.secret);
    if (!opened && is_absent(opened.error())) co_return false;
    if (!opened) co_return opened.error();
    const std::optional<LeftForGrant> left = decode_left_for_grant(opened->content);
    if (!left || !is_left_for(*left, *grant)) {
      co_return tampered(live.record->key, "what was left for the grant is not its own");
    }
    auto widened = co_await widen(live, text, std::move(*grant), *left);
    if (!widened) co_return widened.error();
    auto removed = co_await pickups_.remove(pickup.record_key);
    static_cast<void>(removed);  // it ends by itself
    co_return true;
  }

  VaultTask<Revoked> revoke_token(const base::Secret& text, const base::ClientId& client) {
    const std::optional<Bearer> token = Bearer::parse(text.reveal());
    if (!token || !token->is_proven_by(token_keys_)) co_return Revoked::nothing;
    if (token->kind() == BearerKind::browser) co_return Revoked::nothing;
    for (int i = 0; i < kTriesMax; ++i) {
      auto found = co_await find(*token);
      if (!found && found.error().code == Refused::unknown) co_return Revoked::nothing;
      if (!found) co_return found.error();
      if (found->row.client != client) co_return Revoked::nothing;
      // Ending needs no key service: a row changed by others can at worst end itself.
      if (token->kind() != BearerKind::access) {
        auto ended = co_await records_.end(found->key);
        if (!ended) co_return ended.error();
        co_return Revoked::grant;
      }
      if (found->row.find_access(token->tag()) == nullptr) co_return Revoked::nothing;
      auto written = co_await drop_access(*found, *token);
      if (written) co_return Revoked::token;
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
    }
    co_return contended();
  }

  VaultTask<void> end_grant(const LiveGrant& grant) {
    const std::string key = grant.record->key;
    const std::int64_t refused = grant.record->number(attribute::kContentGeneration);
    auto ended = co_await records_.end(key, refused);
    co_return ended;
  }

  VaultTask<void> end_everything_of(const base::UserId& subject) {
    const std::vector<base::UserId> hashed = all_hashes(subject);
    auto raised = co_await epochs_.raise(hashed);
    if (raised && when_ended_) when_ended_(hashed, base::SystemTime::max());
    co_return raised;
  }

  VaultTask<bool> end_everything_until(const base::UserId& subject, base::SystemTime until) {
    const std::vector<base::UserId> hashed = all_hashes(subject);
    auto changed = co_await epochs_.end_until(hashed, until);
    // Also when it was written by another replica: the streams here are still open then.
    if (changed && when_ended_) when_ended_(hashed, until);
    co_return changed;
  }

  void when_ended(EndedListener listener) { when_ended_ = std::move(listener); }

  VaultTask<std::int64_t> epoch_of(const base::UserId& subject) {
    auto ends = co_await ends_of(subject);
    if (!ends) co_return ends.error();
    co_return ends->epoch;
  }

  VaultTask<bool> has_ended(const base::UserId& subject, std::int64_t epoch,
                            base::SystemTime signed_in_at) {
    auto ends = co_await ends_of(subject);
    if (!ends) co_return ends.error();
    co_return ends->epoch > epoch || ends->ended_until >= signed_in_at;
  }

  base::UserId hashed(const base::UserId& subject) const {
    return hash_under(subject_keys_.current().bytes, subject);
  }

  std::vector<base::UserId> all_hashes(const base::UserId& subject) const {
    std::vector<base::UserId> hashes;
    for (const TokenKeys::Key& key : subject_keys_.all()) {
      hashes.push_back(hash_under(key.bytes, subject));
    }
    return hashes;
  }

  VaultTask<UserEnds> ends_of(const base::UserId& subject) const {
    UserEnds ends;
    const std::vector<base::UserId> hashes = all_hashes(subject);
    for (const base::UserId& hash : hashes) {
      auto one = co_await epochs_.read(hash);
      if (!one) co_return one.error();
      ends.epoch = std::max(ends.epoch, one->epoch);
      ends.ended_until = std::max(ends.ended_until, one->ended_until);
    }
    co_return ends;
  }

 private:
  static base::UserId hash_under(const base::Secret& key, const base::UserId& subject) {
    const crypto::Sha256 hash = crypto::hmac_sha256(key.reveal(), {subject.str()});
    return base::UserId(base::base64url_encode(crypto::view(hash)));
  }

  static std::string grant_id_of(const std::string& key) {
    const std::string_view encoded = std::string_view(key).substr(key.find('#') + 1);
    std::optional<std::string> id = base::base64url_decode(encoded);
    assert(id && id->size() == kGrantIdBytes);
    return std::move(*id);
  }

  static IssueContext context_for(std::string_view id, const OpenedGrant& grant,
                                  base::SystemTime now) {
    IssueContext context;
    context.grant_id = id;
    context.generation = next_generation(grant);
    context.grant_key = &grant.grant_key;
    context.now = now;
    return context;
  }

  VaultTask<OpenedGrant> begin_grant(const GrantTerms& terms, const UpstreamCredentials& upstream,
                                     base::SystemTime now) const {
    if (!fits(terms) || !fits(upstream)) {
      co_return refuse(Refused::malformed, "a field of the grant is too long or malformed");
    }
    OpenedGrant grant;
    grant.grant_key = random_.secret(kGrantKeyBytes);
    fill(grant, terms, upstream, now);
    if (now >= grant.row.expires) co_return refuse(Refused::expired, "the sign-in is too old");
    auto ends = co_await epochs_.read(grant.row.user);
    if (!ends) co_return ends.error();
    grant.row.epoch = ends->epoch;
    co_return grant;
  }

  void fill(OpenedGrant& grant, const GrantTerms& terms, const UpstreamCredentials& upstream,
            base::SystemTime now) const {
    // A sign-in of the future would outlive the seven days.
    grant.row.signed_in_at = std::min(terms.signed_in_at, now);
    const std::chrono::seconds lifetime =
        std::min<std::chrono::seconds>(options_.session_ttl, kLifetimeMax);
    grant.row.expires = grant.row.signed_in_at + lifetime;
    grant.row.user = hashed(terms.user);
    grant.row.client = terms.client;
    grant.row.scope = join_scopes(terms.scopes);
    grant.row.declined = join_scopes(terms.declined);
    grant.row.resource = terms.resource;
    grant.content.subject = terms.user;
    grant.content.redirect_uri = terms.redirect_uri;
    grant.content.code_challenge = terms.code_challenge;
    grant.content.upstream = copy_of(upstream);
  }

  std::optional<Bearer> proven(BearerKind kind, std::string_view text) const {
    std::optional<Bearer> bearer = Bearer::parse(text);
    if (!bearer || bearer->kind() != kind || !bearer->is_proven_by(token_keys_)) {
      return std::nullopt;
    }
    return bearer;
  }

  // A MAC proven under a key that is gone proves nothing any more.
  void forget_proofs_of_other_keys() {
    if (proofs_revision_ == token_keys_.revision()) return;
    verified_.clear();
    proofs_revision_ = token_keys_.revision();
  }

  RefusedError tampered(const std::string& key, std::string detail,
                        const RequestTrace& trace = RequestTrace::none()) const {
    records_.log(Level::error, "grant record does not open", key, detail, trace);
    return refuse(Refused::tampered, std::move(detail));
  }

  // One read when the user is known from an earlier one, else a second for the epoch. Cached is
  // only which user it was: what the row says decides.
  VaultTask<Found> find(const Bearer& bearer) {
    Found found;
    found.key = grant_record_key(bearer.grant_id());
    const std::shared_ptr<const VerifiedGrant> known = verified_.find(id_of(bearer));
    std::vector<std::string> keys{found.key};
    if (known != nullptr) keys = known->keys;
    auto read = co_await store_.get_each(keys);
    if (!read) co_return refuse(read.error());
    found.record = (*read)[0];
    if (found.record == nullptr || is_tombstone(*found.record)) {
      verified_.forget(id_of(bearer));
      co_return refuse(Refused::unknown, "no such grant");
    }
    auto row = co_await records_.row_of(*found.record);
    if (!row) co_return row.error();
    found.row = std::move(*row);

    const std::string user_key = UserEpochs::record_key(found.row.user);
    if (keys.size() == 2 && keys[1] == user_key) {
      found.user_record = (*read)[1];
      co_return found;
    }
    auto user = co_await store_.get(user_key);
    if (!user && user.error().code == base::Errc::invalid_argument) {
      co_return tampered(found.key, "the row names no user");
    }
    if (!user && user.error().code != base::Errc::not_found) co_return refuse(user.error());
    if (user) found.user_record = *user;
    co_return found;
  }

  static GrantId id_of(const Bearer& bearer) {
    GrantId id;
    const auto bytes = base::as_bytes(bearer.grant_id());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
  }

  VaultTask<void> check_alive(const Found& found) const {
    if (clock_.now() >= found.row.expires) co_return refuse(Refused::expired, "the grant is over");
    auto ends = co_await epochs_.open(found.user_record);
    if (!ends && ends.error().code == Refused::tampered) {
      co_return tampered(found.key, "the user's epoch does not open");
    }
    if (!ends) co_return ends.error();
    if (ends->epoch > found.row.epoch) co_return refuse(Refused::ended, "signed out everywhere");
    // Without an epoch it was made when an earlier record, whose epoch the grant has, was over.
    if (ends->epoch > 0 && ends->epoch < found.row.epoch) {
      co_return tampered(found.key, "the user's epoch is older than the grant");
    }
    if (ends->ended_until >= found.row.signed_in_at) {
      co_return refuse(Refused::ended, "ended by a security event");
    }
    co_return Done();
  }

  // A live token is newer than its row: somebody put an old row back.
  VaultTask<void> end_rolled_back(const std::string& key, const RequestTrace& trace) {
    records_.log(Level::error, "grant record was rolled back", key,
                 "a token is newer than the record; the grant has been ended", trace);
    auto ended = co_await records_.end(key);
    co_return ended;
  }

  base::Coroutine<RefusedError> end_replayed(const std::string& key, std::string_view event,
                                             const RequestTrace& trace) {
    records_.log(Level::warn, event, key, "the grant has been ended", trace);
    auto ended = co_await records_.end(key);
    if (!ended) co_return ended.error();
    co_return refuse(Refused::replayed, std::string(event));
  }

  bool in_grace(const PreviousSlot& previous) const {
    return clock_.now() <= previous.rotated_at + options_.refresh_grace;
  }

  VaultTask<RefreshUse> open_refresh(const Bearer& token, const RequestTrace& trace) {
    auto found = co_await find(token);
    if (!found) co_return found.error();
    auto alive = co_await check_alive(*found);
    if (!alive) co_return alive.error();

    RefreshUse use;
    use.key = found->key;
    const GrantRow& row = found->row;
    const TokenSlot* slot = nullptr;
    if (row.refresh && same_tag(row.refresh->token.tag, token.tag())) {
      slot = &row.refresh->token;
    } else if (row.previous && in_grace(*row.previous) &&
               same_tag(row.previous->token.tag, token.tag())) {
      slot = &row.previous->token;
      use.repeated = true;
    }
    if (slot == nullptr) {
      auto refusal = co_await refuse_stale_refresh(*found, token, trace);
      co_return refusal;
    }
    auto opened = co_await records_.open_with(found->record, token, *slot);
    if (!opened) co_return opened.error();
    use.grant = std::move(*opened);
    co_return use;
  }

  // The MAC says that we made it, the row does not know it.
  base::Coroutine<RefusedError> refuse_stale_refresh(const Found& found, const Bearer& token,
                                                     const RequestTrace& trace) {
    if (token.generation() > found.record->generation) {
      auto ended = co_await end_rolled_back(found.key, trace);
      if (!ended) co_return ended.error();
      co_return refuse(Refused::tampered, "the token is newer than its record");
    }
    if (found.row.refresh && found.row.refresh->generation == token.generation()) {
      co_return tampered(found.key, "another refresh token of the same generation is stored",
                         trace);
    }
    auto refusal = co_await end_replayed(found.key, "refresh token used again", trace);
    co_return refusal;
  }

  // "" for all of the grant's scopes; nullopt when one is not the grant's.
  static std::optional<std::string> narrowed(const GrantRow& row,
                                             const std::vector<std::string>& scopes) {
    if (scopes.empty()) return std::string();
    const std::vector<std::string> granted = split_scopes(row.scope);
    for (const std::string& scope : scopes) {
      if (std::find(granted.begin(), granted.end(), scope) == granted.end()) return std::nullopt;
    }
    std::string joined = join_scopes(scopes);
    return joined == row.scope ? std::string() : joined;
  }

  VaultTask<LiveGrantPtr> authenticate_slowly(std::string_view text, const GrantId& id,
                                              const RequestTrace& trace) {
    const std::uint64_t proven_at = token_keys_.revision();
    const std::optional<Bearer> token = proven(BearerKind::access, text);
    if (!token) co_return refuse(Refused::malformed, "not an access token of ours");
    auto found = co_await find(*token);
    if (!found) co_return found.error();
    const AccessSlot* const slot = found->row.find_access(token->tag());
    if (slot == nullptr && token->generation() > found->record->generation) {
      auto ended = co_await end_rolled_back(found->key, trace);
      if (!ended) co_return ended.error();
      co_return refuse(Refused::tampered, "the token is newer than its record");
    }
    if (slot == nullptr) co_return refuse(Refused::unknown, "the access token is no longer live");
    if (clock_.now() >= slot->expires) {
      co_return refuse(Refused::expired, "the access token is too old");
    }
    auto alive = co_await check_alive(*found);
    if (!alive) co_return alive.error();
    auto opened = co_await records_.open_with(found->record, *token, slot->token);
    if (!opened) co_return opened.error();

    const auto live = std::make_shared<LiveGrant>(live_grant(*opened, *slot));
    std::optional<base::SystemTime> tidy_after;
    if (drop_stale_previous(opened->row)) {
      // Best effort: nobody is refused because of it, and it is tried again after a while.
      auto written = co_await records_.write(found->key, *opened);
      if (written) live->record = *written;
      if (!written) tidy_after = clock_.now() + options_.refresh_grace;
    } else if (opened->row.previous) {
      tidy_after = opened->row.previous->rotated_at + options_.refresh_grace;
    }
    if (proven_at == token_keys_.revision()) remember(id, *found, *token, *live, tidy_after);
    co_return LiveGrantPtr(live);
  }

  // True when the row held a previous refresh token whose grace is over.
  bool drop_stale_previous(GrantRow& row) const {
    if (!row.previous || in_grace(*row.previous)) return false;
    row.previous.reset();
    return true;
  }

  LiveGrant live_grant(const OpenedGrant& opened, const AccessSlot& slot) const {
    LiveGrant live;
    const std::string& key = opened.record->key;
    live.id = key.substr(key.find('#') + 1);
    live.user = opened.row.user;
    live.origin = opened.row.origin;
    live.client = opened.row.client;
    live.scopes = split_scopes(slot.scope.empty() ? opened.row.scope : slot.scope);
    live.declined = split_scopes(opened.row.declined);
    live.resource = opened.row.resource;
    live.signed_in_at = opened.row.signed_in_at;
    live.expires = opened.row.expires;
    live.token_expires = std::min(slot.expires, opened.row.expires);
    const auto& previous = opened.row.previous;
    if (previous && in_grace(*previous)) live.refreshed_at = previous->rotated_at;
    live.record = opened.record;
    return live;
  }

  void remember(const GrantId& id, const Found& found, const Bearer& token, const LiveGrant& live,
                std::optional<base::SystemTime> tidy_after) {
    VerifiedGrant verified;
    verified.keys = {found.key, UserEpochs::record_key(found.row.user)};
    verified.record = live.record;
    verified.user_record = found.user_record;
    verified.tidy_after = tidy_after;
    VerifiedToken proof;
    proof.tag = token.tag();
    proof.grant = live;
    verified.tokens.push_back(std::move(proof));
    // Proofs of the grant's other tokens stay good when they were made from the same records.
    const std::shared_ptr<const VerifiedGrant> before = verified_.find(id);
    if (before != nullptr && before->holds_for(verified.record, verified.user_record)) {
      for (const VerifiedToken& other : before->tokens) {
        if (other.tag != token.tag()) verified.tokens.push_back(other);
      }
    }
    verified_.remember(id, std::move(verified));
  }

  // Opens the record that the caller authenticated against, with the token it was done with.
  VaultTask<OpenedGrant> open_live(const LiveGrant& live, std::string_view text) {
    const std::optional<Bearer> token = Bearer::parse(text);
    if (!token || token->kind() != BearerKind::access) {
      co_return refuse(Refused::malformed, "not an access token of ours");
    }
    auto row = co_await records_.row_of(*live.record);
    if (!row) co_return row.error();
    const AccessSlot* const slot = row->find_access(token->tag());
    if (slot == nullptr) co_return refuse(Refused::unknown, "the token is not this grant's");
    auto opened = co_await records_.open_with(live.record, *token, slot->token);
    co_return opened;
  }

  // Reads and opens again what others have written meanwhile.
  VaultTask<void> reopen(const std::string& key, OpenedGrant& grant) const {
    auto current = co_await records_.read(key);
    if (!current) co_return current.error();
    auto opened = co_await records_.open(*current, grant.grant_key);
    if (!opened) co_return opened.error();
    grant = std::move(*opened);
    co_return Done();
  }

  static bool is_absent(const RefusedError& error) {
    return error.code == Refused::unknown || error.code == Refused::expired;
  }

  VaultTask<void> widen(const LiveGrant& live, std::string_view text, OpenedGrant grant,
                        const LeftForGrant& left) {
    const std::string key = live.record->key;
    const std::optional<Bearer> token = Bearer::parse(text);
    assert(token);
    const std::int64_t replaced = grant.row.content_generation;
    for (int i = 0; i < kTriesMax; ++i) {
      const bool joins = grant.row.awaits_account();
      if (joins) give_account(left, hashed(left.subject), grant);
      const bool adds =
          joins || add_scopes(allowed_scopes(left, grant.row), token->tag(), grant.row);
      // Another call of this grant came for it as well, and what is stored by now may be newer.
      if (!adds && grant.row.content_generation != replaced) co_return Done();
      apply(left.upstream, grant);
      grant.row.lease.reset();
      drop_stale_previous(grant.row);
      auto written = co_await records_.write(key, grant);
      if (written) co_return Done();
      if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
      auto reopened = co_await reopen(key, grant);
      if (!reopened) co_return reopened.error();
    }
    co_return contended();
  }

  // Also to a token that was narrowed. False when all of them were there.
  static bool add_scopes(const std::vector<std::string>& scopes, const crypto::Sha256& tag,
                         GrantRow& row) {
    const std::string before = row.scope;
    row.scope = with_scopes(row.scope, scopes);
    std::vector<std::string> declined = split_scopes(row.declined);
    std::erase_if(declined, [&scopes](const std::string& scope) {
      return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
    });
    row.declined = join_scopes(declined);
    AccessSlot* const slot = row.find_access(tag);
    if (slot == nullptr || slot->scope.empty()) return row.scope != before;
    const std::string narrow = std::exchange(slot->scope, with_scopes(slot->scope, scopes));
    return row.scope != before || slot->scope != narrow;
  }

  static std::string with_scopes(const std::string& scope, const std::vector<std::string>& more) {
    std::vector<std::string> all = split_scopes(scope);
    for (const std::string& one : more) {
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
    }
    return join_scopes(all);
  }

  bool is_leased_to_another(const GrantRow& row, const std::string& owner) const {
    return row.lease && row.lease->owner != owner && row.lease->until > clock_.now();
  }

  static void apply(const UpstreamCredentials& upstream, OpenedGrant& grant) {
    UpstreamCredentials next = copy_of(upstream);
    // Google leaves the refresh token out when the old one stays good.
    if (next.refresh_token.empty()) {
      next.refresh_token = std::move(grant.content.upstream.refresh_token);
    }
    grant.content.upstream = std::move(next);
    grant.row.content_generation += 1;
  }

  base::Task<void> drop_access(const Found& found, const Bearer& token) {
    const AccessSlot* const slot = found.row.find_access(token.tag());
    if (slot == nullptr) co_return base::Result<void>();
    auto opened = co_await records_.open_with(found.record, token, slot->token);
    if (!opened && opened.error().code == Refused::tampered) {
      co_return base::Error{base::Errc::denied, opened.error().detail};
    }
    if (!opened) co_return base::Error{base::Errc::unavailable, opened.error().detail};
    std::erase_if(opened->row.access,
                  [&](const AccessSlot& other) { return same_tag(other.token.tag, token.tag()); });
    auto written = co_await records_.write(found.key, *opened);
    if (!written) co_return written.error();
    co_return base::Result<void>();
  }

  const VaultOptions options_;
  store::RecordStore& store_;
  const TokenKeys& token_keys_;
  const base::Clock& clock_;
  base::Random& random_;
  const DerivedKeys subject_keys_;
  const RecordSeal seal_;
  const GrantRecords records_;
  RecordVault pickups_;
  const UserEpochs epochs_;
  const TokenIssue issue_;
  VerifiedGrants verified_;
  EndedListener when_ended_;
  std::uint64_t proofs_revision_ = 0;
};

GrantVault::GrantVault(VaultOptions options, store::RecordStore& store, DataKeys& data_keys,
                       const TokenKeys& token_keys, const base::Clock& clock, base::Random& random,
                       telemetry::Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), store, data_keys, token_keys, clock, random,
                                   log)) {}

GrantVault::~GrantVault() = default;

VaultTask<base::Secret> GrantVault::create_grant(const GrantTerms& terms,
                                                 const UpstreamCredentials& upstream) {
  return impl_->create_grant(terms, upstream);
}

VaultTask<IssuedTokens> GrantVault::create_asserted_grant(const GrantTerms& terms,
                                                          const std::string& email) {
  return impl_->create_asserted_grant(terms, email);
}

VaultTask<PendingCode> GrantVault::open_code(const base::Secret& code, const RequestTrace& trace) {
  return impl_->open_code(code, trace);
}

VaultTask<IssuedTokens> GrantVault::redeem_code(PendingCode pending) {
  // Held by this frame while the steps below look at it.
  auto tokens = co_await impl_->redeem_code(pending);
  co_return tokens;
}

VaultTask<void> GrantVault::count_code_failure(const PendingCode& pending,
                                               const RequestTrace& trace) {
  return impl_->count_code_failure(pending, trace);
}

VaultTask<GrantTerms> GrantVault::inspect_refresh(const base::Secret& refresh_token,
                                                  const RequestTrace& trace) {
  return impl_->inspect_refresh(refresh_token, trace);
}

VaultTask<IssuedTokens> GrantVault::refresh(const base::Secret& refresh_token,
                                            const std::vector<std::string>& scopes,
                                            const RequestTrace& trace) {
  return impl_->refresh(refresh_token, scopes, trace);
}

VaultTask<LiveGrantPtr> GrantVault::authenticate(std::string_view access_token,
                                                 const RequestTrace& trace) {
  return impl_->authenticate(access_token, trace);
}

VaultTask<UpstreamCredentials> GrantVault::open_upstream(const LiveGrant& grant,
                                                         std::string_view access_token) {
  return impl_->open_upstream(grant, access_token);
}

VaultTask<LiveGrant> GrantVault::save_upstream(const LiveGrant& grant,
                                               std::string_view access_token,
                                               const UpstreamCredentials& upstream) {
  return impl_->save_upstream(grant, access_token, upstream);
}

VaultTask<UpstreamLease> GrantVault::lease_upstream(const LiveGrant& grant,
                                                    std::string_view access_token,
                                                    const std::string& owner,
                                                    base::SystemTime until) {
  return impl_->lease_upstream(grant, access_token, owner, until);
}

VaultTask<void> GrantVault::return_lease(const LiveGrant& grant, std::string_view access_token,
                                         const std::string& owner) {
  return impl_->return_lease(grant, access_token, owner);
}

VaultTask<GrantPickup> GrantVault::pickup_of(const LiveGrant& grant,
                                             std::string_view access_token) {
  return impl_->pickup_of(grant, access_token);
}

VaultTask<void> GrantVault::leave(const GrantPickup& pickup, const std::vector<std::string>& scopes,
                                  const UpstreamCredentials& upstream) {
  return impl_->leave(pickup, scopes, upstream);
}

VaultTask<bool> GrantVault::pick_up(const LiveGrant& grant, std::string_view access_token) {
  return impl_->pick_up(grant, access_token);
}

VaultTask<Revoked> GrantVault::revoke_token(const base::Secret& token,
                                            const base::ClientId& client) {
  return impl_->revoke_token(token, client);
}

VaultTask<void> GrantVault::end_grant(const LiveGrant& grant) { return impl_->end_grant(grant); }

VaultTask<void> GrantVault::end_everything_of(const base::UserId& subject) {
  return impl_->end_everything_of(subject);
}

VaultTask<bool> GrantVault::end_everything_until(const base::UserId& subject,
                                                 base::SystemTime until) {
  return impl_->end_everything_until(subject, until);
}

void GrantVault::when_ended(EndedListener listener) { impl_->when_ended(std::move(listener)); }

VaultTask<std::int64_t> GrantVault::epoch_of(const base::UserId& subject) {
  return impl_->epoch_of(subject);
}

VaultTask<bool> GrantVault::has_ended(const base::UserId& subject, std::int64_t epoch,
                                      base::SystemTime signed_in_at) {
  return impl_->has_ended(subject, epoch, signed_in_at);
}

base::UserId GrantVault::hashed(const base::UserId& subject) const {
  return impl_->hashed(subject);
}

std::vector<base::UserId> GrantVault::hashes_of(const base::UserId& subject) const {
  return impl_->all_hashes(subject);
}

}  // namespace gatehouse::vault
