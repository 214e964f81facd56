// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/crc32.h"

#include <zlib.h>

namespace gatehouse::aws {

std::uint32_t crc32(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(::crc32_z(0, data, bytes.size()));
}

}  // namespace gatehouse::aws
