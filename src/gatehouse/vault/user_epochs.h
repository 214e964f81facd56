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

// What has ended a user's sessions. Both only grow; no record means neither.
struct UserEnds {
  std::int64_t epoch = 0;          // sessions begun under a lower one have ended
  base::SystemTime ended_until{};  // and so have those whose sign-in was not later than this
};

// One number per user that only grows, sealed in a USER# record. A grant remembers the number of
// the day it was made and ends when the user's is higher. No record means 0.
//
// Numbers are seconds of the calendar, so that one which expired with its record (seven days after
// it was written, when every grant it ended is past its own end) is never used again.
//
// Beside it stands the time up to which somebody else has ended the user's sessions (Google, by a
// security event). It says which ones by their sign-in, so that news which come late or again end
// no later session.
class UserEpochs {
 public:
  UserEpochs(store::RecordStore& store, const RecordSeal& seal, const base::Clock& clock);

  static std::string record_key(const base::UserId& hashed);

  VaultTask<UserEnds> open(store::RecordPtr record) const;
  VaultTask<UserEnds> read(const base::UserId& hashed) const;
  // Raises all of them, which are the hashes of one user under different token keys, to one number.
  VaultTask<void> raise(const std::vector<base::UserId>& hashed) const;
  // Ends what was signed in at `until` or before. False, and nothing is written, when that has been
  // done already or everything so old is past its own end.
  VaultTask<bool> end_until(const std::vector<base::UserId>& hashed, base::SystemTime until) const;

 private:
  VaultTask<bool> grow(const base::UserId& hashed, UserEnds least, base::SystemTime expires) const;

  store::RecordStore& store_;
  const RecordSeal& seal_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
