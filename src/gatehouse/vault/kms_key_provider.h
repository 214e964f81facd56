// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
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
// pending deletion or denied is Errc::denied, logged once by the client. The detail names KMS's
// reason and the remedy.
class KmsKeyProvider final : public KeyProvider, public KeyRewrapper {
 public:
  // `check_context` is what check() tries: the data keys' own, because the key's policy may allow
  // no other.
  KmsKeyProvider(aws::JsonClient& client, std::vector<std::string> keys, KeyContext check_context);

  base::Task<DataKey> generate(const KeyContext& context) override;
  base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) override;
  // GenerateDataKey and Decrypt in earnest. The detail of an error names the action that failed.
  base::Task<void> check() override;
  // ReEncrypt: a permission that serving replicas do not have.
  base::Task<std::string> rewrap(std::string_view wrapped, const KeyContext& context) override;

 private:
  bool is_ours(std::string_view arn) const;
  void learn(std::string_view arn);
  base::Task<void> learn_alias(const KeyContext& context);
  base::Task<void> check_owner(std::string_view arn, const KeyContext& context);

  aws::JsonClient& client_;
  const std::vector<std::string> keys_;
  const KeyContext check_context_;
  std::vector<std::string> arns_;  // of the first key, as KMS has named it; an alias may be moved
};

}  // namespace gatehouse::vault
