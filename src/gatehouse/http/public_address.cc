// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/public_address.h"

#include <algorithm>
#include <array>

namespace gatehouse::http {
namespace {

struct Block {
  std::array<std::uint8_t, 8> prefix;
  unsigned bits;
};

// Everything here is not globally reachable, multicast, or translated to something else on its way.
constexpr Block kSpecialV4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

// Of IPv6 only 2000::/3 is global unicast; these blocks inside it are not.
constexpr Block kGlobalUnicastV6 = {{0x20}, 3};
constexpr Block kSpecialV6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo, benchmarking, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4
    {{0x3f, 0xff, 0x00}, 20},        // documentation
};

bool lies_in(std::span<const std::uint8_t> address, const Block& block) {
  for (unsigned bit = 0; bit < block.bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
    if ((address[bit / 8] & mask) != (block.prefix[bit / 8] & mask)) return false;
  }
  return true;
}

// RFC 5214 section 6.1: an interface identifier that holds an IPv4 address.
bool is_isatap(std::span<const std::uint8_t> address) {
  return (address[8] & 0xfd) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

}  // namespace

bool is_public_address(std::span<const std::uint8_t> address) {
  const auto holds_address = [&](const Block& block) { return lies_in(address, block); };
  if (address.size() == 4) return std::ranges::none_of(kSpecialV4, holds_address);
  if (address.size() != 16) return false;
  return lies_in(address, kGlobalUnicastV6) && std::ranges::none_of(kSpecialV6, holds_address) &&
         !is_isatap(address);
}

}  // namespace gatehouse::http
