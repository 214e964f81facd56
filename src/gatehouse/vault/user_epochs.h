// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::vault {

// One number per user that only grows, sealed in a USER# record. A grant remembers the number of
// the day it was made and ends when the user's is higher. No record means 0.
//
// Numbers are seconds of the calendar, so that one which expired with its record (seven days after
// it was written, when every grant it ended is past its own end) is never used again.
class UserEpochs {
 public:
  UserEpochs(store::RecordStore& store, const RecordSeal& seal, const base::Clock& clock);

  static std::string record_key(const base::UserId& hashed);

  VaultTask<std::int64_t> open(store::RecordPtr record) const;
  VaultTask<std::int64_t> read(const base::UserId& hashed) const;
  // Raises all of them, which are the hashes of one user under different token keys, to one number.
  VaultTask<void> raise(const std::vector<base::UserId>& hashed) const;

 private:
  VaultTask<void> raise_one(const base::UserId& hashed, std::int64_t epoch) const;

  store::RecordStore& store_;
  const RecordSeal& seal_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
