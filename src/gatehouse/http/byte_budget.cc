// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/byte_budget.h"

namespace gatehouse::http {

bool ByteBudget::Share::resize(std::size_t bytes) {
  if (sum_) {
    const std::size_t others = sum_->bytes - bytes_;
    if (bytes > bytes_ && (others > sum_->bytes_max || bytes > sum_->bytes_max - others))
      return false;
    sum_->bytes = others + bytes;
  }
  bytes_ = bytes;
  return true;
}

}  // namespace gatehouse::http
