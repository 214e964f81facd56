// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

inline RefusedError refuse(Refused code, std::string detail) {
  return RefusedError{code, std::move(detail)};
}

// What an error of the store, of a key provider or of a seal means to whoever holds a token. Only
// what is certain is terminal: not_found is a missing record, denied is one that does not open.
inline RefusedError refuse(const base::Error& error) {
  switch (error.code) {
    case base::Errc::not_found:
      return refuse(Refused::unknown, error.detail);
    case base::Errc::denied:
      return refuse(Refused::tampered, error.detail);
    case base::Errc::invalid_argument:
    case base::Errc::conflict:
    case base::Errc::unavailable:
    case base::Errc::timeout:
    case base::Errc::internal:
      return refuse(Refused::unavailable, error.detail);
  }
  return refuse(Refused::unavailable, error.detail);
}

// Losing this many races in a row means that somebody hammers one record.
inline constexpr int kRacesMax = 8;

// For who has lost them: nothing was changed, and the caller may try again.
inline RefusedError contended() { return refuse(Refused::unavailable, "too many writers at once"); }

}  // namespace gatehouse::vault
