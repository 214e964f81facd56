// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/result.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/bearer.h"

namespace gatehouse::vault {

// A live token as the row knows it: its digest, and the grant key wrapped under it.
struct TokenSlot {
  TokenSlot() {}
  crypto::Sha256 tag{};
  std::string wrap;

  friend bool operator==(const TokenSlot&, const TokenSlot&) = default;
};

struct CodeSlot {
  CodeSlot() {}
  TokenSlot token;
  base::SystemTime expires{};
  int failures = 0;

  friend bool operator==(const CodeSlot&, const CodeSlot&) = default;
};

struct RefreshSlot {
  RefreshSlot() {}
  TokenSlot token;
  std::uint32_t generation = 0;  // inside the token
  std::uint8_t key_id = 0;       // inside the token

  friend bool operator==(const RefreshSlot&, const RefreshSlot&) = default;
};

// The refresh token before the current one, while its holder may still ask for the same answer.
struct PreviousSlot {
  PreviousSlot() {}
  TokenSlot token;
  std::string salt;  // the current tokens follow from the previous one and this
  base::SystemTime rotated_at{};

  friend bool operator==(const PreviousSlot&, const PreviousSlot&) = default;
};

struct AccessSlot {
  AccessSlot() {}
  TokenSlot token;
  base::SystemTime expires{};
  std::string scope;  // narrower than the grant's; empty means all of it

  friend bool operator==(const AccessSlot&, const AccessSlot&) = default;
};

// Which replica is refreshing at Google at the moment. It spares the others a second refresh and
// decides nothing.
struct LeaseSlot {
  LeaseSlot() {}
  std::string owner;
  base::SystemTime until{};  // from then on anybody's

  friend bool operator==(const LeaseSlot&, const LeaseSlot&) = default;
};

inline constexpr std::size_t kLeaseOwnerBytesMax = 64;

// The readable part of a GRANT# record as values. Nothing in it is believed before the record's
// seal has been opened: the seal binds all of it.
struct GrantRow {
  GrantRow() {}
  base::UserId user;    // hashed
  base::UserId origin;  // hashed; empty unless an identity provider named the person
  base::ClientId client;
  std::string scope;     // space separated
  std::string declined;  // the same: asked for and not given
  std::string resource;
  std::int64_t epoch = 0;  // the user's when the grant was made
  base::SystemTime signed_in_at{};
  base::SystemTime expires{};
  std::int64_t content_generation = 1;  // counts changes of the Google credentials
  std::optional<CodeSlot> code;         // until it is used
  std::optional<RefreshSlot> refresh;
  std::optional<PreviousSlot> previous;
  std::vector<AccessSlot> access;
  std::optional<LeaseSlot> lease;

  friend bool operator==(const GrantRow&, const GrantRow&) = default;

  // Whether no account at Google belongs to it so far.
  bool awaits_account() const { return !origin.empty() && origin == user; }
  const AccessSlot* find_access(const crypto::Sha256& tag) const;
  AccessSlot* find_access(const crypto::Sha256& tag);
};

bool same_tag(const crypto::Sha256& a, const crypto::Sha256& b);  // constant time

std::string grant_record_key(std::string_view grant_id);
// The grant id again; `key` is of a grant's record.
std::string grant_id_of(const std::string& key);
// The same as it stands in the key, in base64url.
std::string grant_name_of(const std::string& key);

// The attributes of a row; errors are Errc::denied, for a row that we did not write.
store::Attributes to_attributes(const GrantRow& row);
base::Result<GrantRow> grant_row_of(const store::Record& record);

// What is left of a grant that has ended: it keeps a late write from bringing the grant back.
inline constexpr char kEndedAttribute[] = "ended";
bool is_tombstone(const store::Record& record);

std::string join_scopes(const std::vector<std::string>& scopes);
std::vector<std::string> split_scopes(std::string_view scope);

}  // namespace gatehouse::vault
