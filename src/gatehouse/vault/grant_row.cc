// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_row.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/take_until.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::vault {
namespace {

constexpr char kOrigin[] = "origin";
constexpr char kClient[] = "clientId";
constexpr char kScope[] = "scope";
constexpr char kDeclined[] = "declined";
constexpr char kResource[] = "resource";
constexpr char kEpoch[] = "epoch";
constexpr char kCodeTag[] = "codeTag";
constexpr char kCodeWrap[] = "codeWrap";
constexpr char kCodeExpires[] = "codeExpires";
constexpr char kCodeFailures[] = "codeFailures";
constexpr char kRefreshTag[] = "rtTag";
constexpr char kRefreshWrap[] = "rtWrap";
constexpr char kRefreshGeneration[] = "rtGen";
constexpr char kRefreshKeyId[] = "rtKid";
constexpr char kPreviousTag[] = "rtPrev";
constexpr char kPreviousWrap[] = "rtPrevWrap";
constexpr char kPreviousSalt[] = "rtSalt";
constexpr char kRotatedAt[] = "rotatedAt";
constexpr char kAccess[] = "at";
constexpr char kLeaseOwner[] = "leaseOwner";
constexpr char kLeaseUntil[] = "leaseUntil";

constexpr std::size_t kAccessSlotsMax = 64;
constexpr std::size_t kSaltBytes = 32;

// Takes attributes out of a record and remembers whether all were there and well-formed.
class AttributeReader {
 public:
  explicit AttributeReader(const store::Record& record) : record_(record) {}

  std::string text(const char* name) {
    const auto found = record_.attributes.find(name);
    if (found == record_.attributes.end()) return fail<std::string>();
    const auto* const text = std::get_if<std::string>(&found->second);
    return text == nullptr ? fail<std::string>() : *text;
  }

  std::int64_t number(const char* name, std::int64_t min, std::int64_t max) {
    const auto found = record_.attributes.find(name);
    if (found == record_.attributes.end()) return fail<std::int64_t>();
    const auto* const number = std::get_if<std::int64_t>(&found->second);
    if (number == nullptr || *number < min || *number > max) return fail<std::int64_t>();
    return *number;
  }

  base::SystemTime time(const char* name) { return time_of(number(name, 0, kTimeMax)); }

  std::string bytes(std::string_view encoded, std::size_t size) {
    std::optional<std::string> decoded = base::base64_decode(encoded);
    if (!decoded || decoded->size() != size) return fail<std::string>();
    return std::move(*decoded);
  }

  TokenSlot slot(std::string_view tag, std::string_view wrap) {
    TokenSlot slot;
    const std::string digest = bytes(tag, slot.tag.size());
    if (sound_) std::copy_n(digest.begin(), slot.tag.size(), slot.tag.begin());
    slot.wrap = bytes(wrap, kWrapBytes);
    return slot;
  }

  // "TAG WRAP EXPIRES[ SCOPE...]"
  AccessSlot access_slot(std::string_view line) {
    AccessSlot access;
    const std::string_view tag = base::take_until(line, ' ');
    const std::string_view wrap = base::take_until(line, ' ');
    const std::string_view expires = base::take_until(line, ' ');
    access.token = slot(tag, wrap);
    std::int64_t seconds = 0;
    const char* const end = expires.data() + expires.size();
    const auto parsed = std::from_chars(expires.data(), end, seconds);
    if (parsed.ec != std::errc() || parsed.ptr != end || seconds < 0 || seconds > kTimeMax) fail();
    access.expires = time_of(seconds);
    access.scope = line;
    return access;
  }

  void fail() { sound_ = false; }
  bool sound() const { return sound_; }

 private:
  static constexpr std::int64_t kTimeMax = 100'000'000'000;

  static base::SystemTime time_of(std::int64_t seconds) {
    return base::from_epoch_seconds(seconds);
  }

  template <class T>
  T fail() {
    sound_ = false;
    return T();
  }

  const store::Record& record_;
  bool sound_ = true;
};

std::string encoded_tag(const TokenSlot& slot) {
  return base::base64_encode(crypto::view(slot.tag));
}

std::string encoded_wrap(const TokenSlot& slot) { return base::base64_encode(slot.wrap); }

std::string access_lines(const std::vector<AccessSlot>& slots) {
  std::string lines;
  for (const AccessSlot& slot : slots) {
    if (!lines.empty()) lines += '\n';
    lines += encoded_tag(slot.token) + ' ' + encoded_wrap(slot.token) + ' ';
    lines += std::to_string(base::epoch_seconds(slot.expires));
    if (!slot.scope.empty()) lines += ' ' + slot.scope;
  }
  return lines;
}

void read_code(const store::Record& record, AttributeReader& reader, GrantRow& row) {
  if (!record.has(kCodeTag)) return;
  CodeSlot code;
  code.token = reader.slot(record.text(kCodeTag), record.text(kCodeWrap));
  code.expires = reader.time(kCodeExpires);
  code.failures = static_cast<int>(reader.number(kCodeFailures, 0, 1'000));
  row.code = std::move(code);
}

void read_refresh(const store::Record& record, AttributeReader& reader, GrantRow& row) {
  if (!record.has(kRefreshTag)) return;
  constexpr std::int64_t kGenerationMax = std::numeric_limits<std::uint32_t>::max();
  RefreshSlot refresh;
  refresh.token = reader.slot(record.text(kRefreshTag), record.text(kRefreshWrap));
  refresh.generation =
      static_cast<std::uint32_t>(reader.number(kRefreshGeneration, 1, kGenerationMax));
  refresh.key_id = static_cast<std::uint8_t>(reader.number(kRefreshKeyId, 0, 255));
  row.refresh = std::move(refresh);
}

void read_previous(const store::Record& record, AttributeReader& reader, GrantRow& row) {
  if (!record.has(kPreviousTag)) return;
  PreviousSlot previous;
  previous.token = reader.slot(record.text(kPreviousTag), record.text(kPreviousWrap));
  previous.salt = reader.bytes(record.text(kPreviousSalt), kSaltBytes);
  previous.rotated_at = reader.time(kRotatedAt);
  row.previous = std::move(previous);
}

void read_lease(const store::Record& record, AttributeReader& reader, GrantRow& row) {
  if (!record.has(kLeaseOwner) && !record.has(kLeaseUntil)) return;
  LeaseSlot lease;
  lease.owner = reader.text(kLeaseOwner);
  lease.until = reader.time(kLeaseUntil);
  if (lease.owner.empty() || lease.owner.size() > kLeaseOwnerBytesMax) return reader.fail();
  row.lease = std::move(lease);
}

void read_access(const store::Record& record, AttributeReader& reader, GrantRow& row) {
  std::string_view rest = record.text(kAccess);
  while (!rest.empty()) {
    const std::string_view line = base::take_until(rest, '\n');
    row.access.push_back(reader.access_slot(line));
    if (row.access.size() > kAccessSlotsMax) return reader.fail();
  }
}

}  // namespace

const AccessSlot* GrantRow::find_access(const crypto::Sha256& tag) const {
  for (const AccessSlot& slot : access) {
    if (same_tag(slot.token.tag, tag)) return &slot;
  }
  return nullptr;
}

AccessSlot* GrantRow::find_access(const crypto::Sha256& tag) {
  return const_cast<AccessSlot*>(std::as_const(*this).find_access(tag));
}

bool same_tag(const crypto::Sha256& a, const crypto::Sha256& b) {
  return base::equal_in_constant_time(crypto::view(a), crypto::view(b));
}

std::string grant_record_key(std::string_view grant_id) {
  return "GRANT#" + base::base64url_encode(grant_id);
}

std::string grant_id_of(const std::string& key) {
  std::optional<std::string> id = base::base64url_decode(grant_name_of(key));
  assert(id && id->size() == kGrantIdBytes);
  return std::move(*id);
}

std::string grant_name_of(const std::string& key) { return key.substr(key.find('#') + 1); }

store::Attributes to_attributes(const GrantRow& row) {
  store::Attributes out;
  out[attribute::kSubject] = row.user.str();
  if (!row.origin.empty()) out[kOrigin] = row.origin.str();
  out[kClient] = row.client.str();
  out[kScope] = row.scope;
  if (!row.declined.empty()) out[kDeclined] = row.declined;
  out[kResource] = row.resource;
  out[kEpoch] = row.epoch;
  out[attribute::kSignedIn] = base::epoch_seconds(row.signed_in_at);
  out[attribute::kExpires] = base::epoch_seconds(row.expires);
  out[attribute::kContentGeneration] = row.content_generation;
  if (row.code) {
    out[kCodeTag] = encoded_tag(row.code->token);
    out[kCodeWrap] = encoded_wrap(row.code->token);
    out[kCodeExpires] = base::epoch_seconds(row.code->expires);
    out[kCodeFailures] = std::int64_t{row.code->failures};
  }
  if (row.refresh) {
    out[kRefreshTag] = encoded_tag(row.refresh->token);
    out[kRefreshWrap] = encoded_wrap(row.refresh->token);
    out[kRefreshGeneration] = std::int64_t{row.refresh->generation};
    out[kRefreshKeyId] = std::int64_t{row.refresh->key_id};
  }
  if (row.previous) {
    out[kPreviousTag] = encoded_tag(row.previous->token);
    out[kPreviousWrap] = encoded_wrap(row.previous->token);
    out[kPreviousSalt] = base::base64_encode(row.previous->salt);
    out[kRotatedAt] = base::epoch_seconds(row.previous->rotated_at);
  }
  if (!row.access.empty()) out[kAccess] = access_lines(row.access);
  if (row.lease) {
    out[kLeaseOwner] = row.lease->owner;
    out[kLeaseUntil] = base::epoch_seconds(row.lease->until);
  }
  return out;
}

base::Result<GrantRow> grant_row_of(const store::Record& record) {
  constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
  AttributeReader reader(record);
  GrantRow row;
  row.user = base::UserId(reader.text(attribute::kSubject));
  if (record.has(kOrigin)) row.origin = base::UserId(reader.text(kOrigin));
  row.client = base::ClientId(reader.text(kClient));
  row.scope = reader.text(kScope);
  if (record.has(kDeclined)) row.declined = reader.text(kDeclined);
  row.resource = reader.text(kResource);
  row.epoch = reader.number(kEpoch, 0, kNumberMax);
  row.signed_in_at = reader.time(attribute::kSignedIn);
  row.expires = reader.time(attribute::kExpires);
  row.content_generation = reader.number(attribute::kContentGeneration, 1, kNumberMax);
  read_code(record, reader, row);
  read_refresh(record, reader, row);
  read_previous(record, reader, row);
  read_access(record, reader, row);
  read_lease(record, reader, row);
  if (!reader.sound()) {
    return base::Error{base::Errc::denied, "an attribute of the grant is malformed"};
  }
  return row;
}

bool is_tombstone(const store::Record& record) { return record.has(kEndedAttribute); }

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string joined;
  for (const std::string& scope : scopes) {
    if (!joined.empty()) joined += ' ';
    joined += scope;
  }
  return joined;
}

std::vector<std::string> split_scopes(std::string_view scope) {
  std::vector<std::string> scopes;
  while (!scope.empty()) {
    const std::string_view one = base::take_until(scope, ' ');
    if (!one.empty()) scopes.emplace_back(one);
  }
  return scopes;
}

}  // namespace gatehouse::vault
