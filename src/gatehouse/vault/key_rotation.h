// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

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
// any point leaves every row readable and running it again finishes the work.
class KeyRotation {
 public:
  KeyRotation(store::RecordStore& store, store::Enumerable& rows, KeyRewrapper& rewrapper,
              KeyContext data_key_context, KeyContext token_key_context, telemetry::Log& log);
  base::Task<RotationReport> run();

 private:
  store::RecordStore& store_;
  store::Enumerable& rows_;
  KeyRewrapper& rewrapper_;
  const KeyContext data_key_context_;
  const KeyContext token_key_context_;  // of KEY# rows
  telemetry::Log& log_;
};

}  // namespace gatehouse::vault
