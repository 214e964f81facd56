// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/key_rewrapper.h"

namespace gatehouse::vault {

struct RotationReport {
  RotationReport() {}
  std::size_t rows = 0;       // looked at
  std::size_t rewrapped = 0;  // now under the first key
  std::size_t current = 0;    // were under it already
  std::size_t moved_on = 0;   // written by others meanwhile: under whatever key those use
  std::size_t refused = 0;    // do not unwrap under any key; left as they are and logged
};

// Wraps the data key of every row anew under the provider's first key, row by row, while replicas
// serve: each row is one conditional write that changes nothing but `encryptedKey`, so stopping at
// any point leaves every row readable and running it again finishes the work. The rows that share a
// data key cost one call to the key service.
//
// A serving replica seals for up to a day with the data key it has. An old key can go when a run,
// begun a day after the new key came first, reports nothing rewrapped, moved on or refused.
class KeyRotation {
 public:
  KeyRotation(store::Enumerable& rows, KeyRewrapper& rewrapper, KeyContext data_key_context,
              KeyContext token_key_context, telemetry::Log& log);
  // Errors: the store's or the key service's that stopped the work; the detail says how far it
  // came.
  base::Task<RotationReport> run();

 private:
  enum class Outcome { rewrapped, current, moved_on, refused };

  base::Task<Outcome> rotate(store::RecordPtr record);
  // The text as given when the key is current; empty when it does not unwrap.
  base::Task<std::string> rewrapped(const std::string& wrapped, const KeyContext& context);
  base::Task<Outcome> amend(store::Record record);

  store::Enumerable& rows_;
  KeyRewrapper& rewrapper_;
  const KeyContext data_key_context_;
  const KeyContext token_key_context_;  // of KEY# rows
  telemetry::Log& log_;
  std::unordered_map<std::string, std::string> rewrapped_;  // of this run, by wrapped data key
};

}  // namespace gatehouse::vault
