// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/subject_hashes.h"
#include "gatehouse/vault/user_epochs.h"

namespace gatehouse::vault {

// What ends everything of a person at once; the promises are GrantVault's.
class SignOuts {
 public:
  // Both must outlive this.
  SignOuts(const SubjectHashes& subjects, const UserEpochs& epochs)
      : subjects_(subjects), epochs_(epochs) {}

  VaultTask<void> end_everything_of(const base::UserId& subject) const;
  VaultTask<bool> end_everything_until(const base::UserId& subject, base::SystemTime until) const;
  void when_ended(GrantVault::EndedListener listener);

  // What has ended sessions of the person, under whichever token key it was written down.
  VaultTask<UserEnds> ends_of(const base::UserId& subject) const;
  VaultTask<bool> has_ended(const base::UserId& subject, std::int64_t epoch,
                            base::SystemTime signed_in_at) const;

 private:
  const SubjectHashes& subjects_;
  const UserEpochs& epochs_;
  GrantVault::EndedListener when_ended_;
};

}  // namespace gatehouse::vault
