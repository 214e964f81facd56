// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/load_limit.h"

namespace gatehouse::gateway {

std::optional<LoadLimit::Share> LoadLimit::admit(std::size_t body_bytes) {
  const bool fits = load_->requests < limits_.requests_max &&
                    load_->body_bytes + body_bytes <= limits_.body_bytes_max;
  if (!fits && load_->requests > 0) return std::nullopt;
  ++load_->requests;
  load_->body_bytes += body_bytes;
  return Share(load_, body_bytes);
}

}  // namespace gatehouse::gateway
