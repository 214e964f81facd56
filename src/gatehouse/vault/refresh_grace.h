// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "gatehouse/base/clock.h"
#include "gatehouse/vault/grant_row.h"

namespace gatehouse::vault {

// How long the refresh token before the current one still gets the answer that it got.
class RefreshGrace {
 public:
  // `clock` outlives this.
  RefreshGrace(std::chrono::seconds length, const base::Clock& clock)
      : length_(length), clock_(clock) {}

  std::chrono::seconds length() const { return length_; }
  bool covers(const PreviousSlot& previous) const {
    return clock_.now() <= previous.rotated_at + length_;
  }
  // True when the row held a previous refresh token whose grace is over.
  bool drop_stale(GrantRow& row) const {
    if (!row.previous || covers(*row.previous)) return false;
    row.previous.reset();
    return true;
  }

 private:
  const std::chrono::seconds length_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
