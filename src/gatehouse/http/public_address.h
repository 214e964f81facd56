// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace gatehouse::http {

// Whether an IPv4 (4 bytes) or IPv6 (16 bytes) address, in network order, belongs to the public
// internet. False for everything in the IANA special-purpose registries and for IPv6 forms that
// carry an IPv4 address (mapped, 6to4, NAT64, Teredo, ISATAP).
bool is_public_address(std::span<const std::uint8_t> address);

}  // namespace gatehouse::http
