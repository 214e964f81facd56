// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/client.h"

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (base::equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

}  // namespace gatehouse::http
