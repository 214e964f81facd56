// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/vault/key_provider.h"

namespace gatehouse::vault {

struct DataKeyLimits {
  std::chrono::seconds seal_age_max{24 * 3600};
  std::uint64_t seals_max = 1u << 20;
  std::chrono::seconds open_age_max{3600};  // disabling the key takes effect within this time
  std::size_t cached_max = 10'000;
};

// One data key to seal with per process and day; opened ones are kept for an hour at most and wiped
// on eviction. A cache hit never authorises anything: rows, expiry and epoch are read first.
class DataKeys {
 public:
  DataKeys(KeyProvider& provider, KeyContext context, DataKeyLimits limits,
           const base::Clock& clock);
  ~DataKeys();

  struct SealingKey {
    SealingKey() {}
    base::Secret plaintext;
    std::string wrapped;
  };
  base::Task<SealingKey> sealing_key();
  base::Task<base::Secret> opening_key(std::string_view wrapped);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::vault
