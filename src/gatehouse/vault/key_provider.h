// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"

namespace gatehouse::vault {

// Bound into the wrapping of a data key; shown in clear in a cloud provider's audit log, so it
// holds nothing personal.
using KeyContext = std::map<std::string, std::string>;

struct DataKey {
  DataKey() {}
  base::Secret plaintext;  // 32 bytes
  std::string wrapped;     // raw bytes; `encryptedKey` once in base64
};

// Makes and unwraps data keys under a key that never leaves its home: a KMS, or a file on one
// machine. Errors: Errc::unavailable (try later); Errc::not_found (the key is absent, disabled or
// forbidden to us: an operator must act, and nothing is wrong with the text); Errc::denied (this
// text does not open: altered, another context, another key).
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  virtual base::Task<DataKey> generate(const KeyContext& context) = 0;
  virtual base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) = 0;
  // For `doctor` and `/readyz`.
  virtual base::Task<void> check() = 0;
};

}  // namespace gatehouse::vault
