// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/data_keys.h"

namespace gatehouse::vault {

// Names of attributes that the seal itself reads; docs/storage.md has them all.
namespace attribute {
inline constexpr char kCiphertext[] = "encryptedData";
inline constexpr char kDataKey[] = "encryptedKey";
inline constexpr char kIv[] = "iv";
inline constexpr char kTag[] = "authTag";
inline constexpr char kSalt[] = "salt";
inline constexpr char kCommitment[] = "commitment";
inline constexpr char kSuite[] = "suite";
inline constexpr char kSubject[] = "sub";
inline constexpr char kSignedIn[] = "authTime";
inline constexpr char kExpires[] = "expires";
inline constexpr char kContentGeneration[] = "contentGen";
}  // namespace attribute

// What a record is sealed with: the data key, and its wrapped form for the record.
using SealingKey = DataKeys::SealingKey;

// Seals the content of records of every kind. The seal binds the whole record: its key, ttl,
// generation, write id and every attribute, so a record opens exactly as it was written or not at
// all.
class RecordSeal {
 public:
  RecordSeal(std::string table, DataKeys& data_keys, base::Random& random);

  // Adds the sealed fields to `record`, which is complete otherwise. `holder_key` is 32 bytes or
  // empty. Errors are those of the key provider.
  base::Task<void> seal(store::Record& record, const base::Secret& holder_key,
                        const base::Secret& content) const;

  // Errc::denied: the record does not open, whatever the reason. Errc::unavailable, Errc::timeout:
  // the key service cannot say.
  base::Task<base::Secret> open(const store::Record& record, const base::Secret& holder_key) const;

  base::Random& random() const { return random_; }

 private:
  std::string table_;
  DataKeys& data_keys_;
  base::Random& random_;
};

// The two steps for whoever has the data key at hand. invalid_argument: too long to seal;
// denied: does not open.
base::Result<void> seal_record(const std::string& table, store::Record& record,
                               const SealingKey& data_key, const base::Secret& holder_key,
                               const base::Secret& content, base::Random& random);
base::Result<base::Secret> open_record(const std::string& table, const store::Record& record,
                                       const base::Secret& data_key,
                                       const base::Secret& holder_key);
// The wrapped data key of a record, decoded. Errc::denied when it is no base64.
base::Result<std::string> wrapped_key_of(const store::Record& record);

// `write_id` for a record about to be written.
std::string fresh_write_id(base::Random& random);

}  // namespace gatehouse::vault
