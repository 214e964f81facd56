// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/base/ids.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// How a person is named in the store: an HMAC of the subject, good as a key and not reversible.
class SubjectHashes {
 public:
  // `token_keys` outlives this.
  explicit SubjectHashes(const TokenKeys& token_keys);

  base::UserId current(const base::UserId& subject) const;
  // Under every token key that still counts, the current one first.
  std::vector<base::UserId> all(const base::UserId& subject) const;

 private:
  const DerivedKeys keys_;
};

}  // namespace gatehouse::vault
