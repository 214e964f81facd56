// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/key_rewrapper.h"

namespace gatehouse::vault {

// Data keys made and opened by AWS KMS, every call with an encryption context. The first key makes
// new ones; data keys of the others still open. A key is an id, an ARN or an alias; keys beside the
// first must be ids or ARNs. What opens is checked against the keys named here, so a data key
// wrapped under a stranger's key is refused.
// Errors as KeyProvider says: throttling and faults are Errc::unavailable; a key that is disabled,
// pending deletion or denied is Errc::denied, logged once by the client.
class KmsKeyProvider final : public KeyProvider, public KeyRewrapper {
 public:
  KmsKeyProvider(aws::JsonClient& client, std::vector<std::string> keys);

  base::Task<DataKey> generate(const KeyContext& context) override;
  base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) override;
  base::Task<void> check() override;
  base::Task<std::string> rewrap(std::string_view wrapped, const KeyContext& context) override;

 private:
  aws::JsonClient& client_;
  const std::vector<std::string> keys_;
};

}  // namespace gatehouse::vault
