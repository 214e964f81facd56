// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/peer_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "gatehouse/base/encoding.h"

namespace gatehouse::oauth {
namespace {

// Each proxy appends the address it saw, so the n-th from the right is what the n-th proxy saw;
// everything further left is the caller's own invention.
std::string_view nth_from_right(std::string_view list, std::size_t n) {
  for (; n > 1; --n) {
    const std::size_t comma = list.rfind(',');
    if (comma == std::string_view::npos) return {};
    list = list.substr(0, comma);
  }
  const std::size_t comma = list.rfind(',');
  return base::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

}  // namespace

std::string peer_address(const http::Request& request, std::size_t trusted_proxies) {
  std::string address(request.peer);
  if (trusted_proxies > 0) {
    const auto forwarded = request.header("X-Forwarded-For");
    const std::string_view seen = nth_from_right(forwarded.value_or(""), trusted_proxies);
    if (!seen.empty() && seen.size() < 64) address = seen;
  }
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return base::hex_encode({reinterpret_cast<const char*>(bytes.data()), 8});
}

}  // namespace gatehouse::oauth
