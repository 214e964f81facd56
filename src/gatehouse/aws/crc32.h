// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::aws {

// The checksum that DynamoDB sends as `x-amz-crc32`.
std::uint32_t crc32(std::string_view bytes);

}  // namespace gatehouse::aws
