// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/sign_outs.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gatehouse::vault {

VaultTask<void> SignOuts::end_everything_of(const base::UserId& subject) const {
  const std::vector<base::UserId> hashed = subjects_.all(subject);
  auto raised = co_await epochs_.raise(hashed);
  if (raised && when_ended_) when_ended_(hashed, base::SystemTime::max());
  co_return raised;
}

VaultTask<bool> SignOuts::end_everything_until(const base::UserId& subject,
                                               base::SystemTime until) const {
  const std::vector<base::UserId> hashed = subjects_.all(subject);
  auto changed = co_await epochs_.end_until(hashed, until);
  // Also when it was written by another replica: the streams here are still open then.
  if (changed && when_ended_) when_ended_(hashed, until);
  co_return changed;
}

void SignOuts::when_ended(GrantVault::EndedListener listener) { when_ended_ = std::move(listener); }

VaultTask<UserEnds> SignOuts::ends_of(const base::UserId& subject) const {
  UserEnds ends;
  const std::vector<base::UserId> hashes = subjects_.all(subject);
  for (const base::UserId& hash : hashes) {
    auto one = co_await epochs_.read(hash);
    if (!one) co_return one.error();
    ends.epoch = std::max(ends.epoch, one->epoch);
    ends.ended_until = std::max(ends.ended_until, one->ended_until);
  }
  co_return ends;
}

VaultTask<bool> SignOuts::has_ended(const base::UserId& subject, std::int64_t epoch,
                                    base::SystemTime signed_in_at) const {
  auto ends = co_await ends_of(subject);
  if (!ends) co_return ends.error();
  co_return ends->epoch > epoch || ends->ended_until >= signed_in_at;
}

}  // namespace gatehouse::vault
