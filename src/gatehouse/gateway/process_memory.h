// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace gatehouse::gateway {

// Resident memory of this process in bytes, 0 when the system does not say.
std::size_t resident_bytes();

}  // namespace gatehouse::gateway
