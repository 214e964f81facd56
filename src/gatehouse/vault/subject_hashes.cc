// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/subject_hashes.h"

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::vault {
namespace {

base::UserId hash_under(const base::Secret& key, const base::UserId& subject) {
  const crypto::Sha256 hash = crypto::hmac_sha256(key.reveal(), {subject.str()});
  return base::UserId(base::base64url_encode(crypto::view(hash)));
}

}  // namespace

SubjectHashes::SubjectHashes(const TokenKeys& token_keys) : keys_(token_keys, "gatehouse/sub/1") {}

base::UserId SubjectHashes::current(const base::UserId& subject) const {
  return hash_under(keys_.current().bytes, subject);
}

std::vector<base::UserId> SubjectHashes::all(const base::UserId& subject) const {
  std::vector<base::UserId> hashes;
  for (const TokenKeys::Key& key : keys_.all()) {
    hashes.push_back(hash_under(key.bytes, subject));
  }
  return hashes;
}

}  // namespace gatehouse::vault
