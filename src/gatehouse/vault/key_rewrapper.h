// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/vault/key_provider.h"

namespace gatehouse::vault {

// For `gatehouse keys rotate`: wraps a data key anew under the provider's first key without anybody
// seeing it in clear where the provider can do so (KMS ReEncrypt).
class KeyRewrapper {
 public:
  virtual ~KeyRewrapper() = default;
  // The same data key under the first key; the text as given when it is under that key already.
  // Errors as KeyProvider says.
  virtual base::Task<std::string> rewrap(std::string_view wrapped, const KeyContext& context) = 0;
};

}  // namespace gatehouse::vault
