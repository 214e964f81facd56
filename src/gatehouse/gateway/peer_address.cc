// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/peer_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>

namespace gatehouse::gateway {
namespace {

std::string_view host_of(std::string_view address) { return address.substr(0, address.rfind(':')); }

bool has_port(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon != std::string_view::npos && address.find(']', colon) == std::string_view::npos;
}

std::string text_of(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    return text.data();
  }
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

// Link-local addresses mean something on their own link only.
bool is_usable(const ifaddrs& interface, int family) {
  const bool up = (interface.ifa_flags & IFF_UP) != 0 && (interface.ifa_flags & IFF_LOOPBACK) == 0;
  if (!up || interface.ifa_addr == nullptr || interface.ifa_addr->sa_family != family) return false;
  if (family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(interface.ifa_addr);
    return (ntohl(four->sin_addr.s_addr) >> 16) != 0xA9FE;
  }
  const auto* six = reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr);
  return !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
}

std::string first_address(int family) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (is_usable(*each, family)) return text_of(*each->ifa_addr);
  }
  return {};
}

}  // namespace

base::Result<std::string> advertised_peer_address(std::string_view listen, std::uint16_t port,
                                                  std::string_view configured) {
  const std::string port_part = ":" + std::to_string(port);
  if (has_port(configured)) return std::string(configured);
  if (!configured.empty()) return std::string(configured) + port_part;
  std::string host(host_of(listen));
  if (host == "0.0.0.0") host = first_address(AF_INET);
  if (host == "[::]") {
    host = first_address(AF_INET);  // such a listener takes both
    if (host.empty()) host = first_address(AF_INET6);
  }
  if (!host.empty()) return host + port_part;
  return base::Error{base::Errc::unavailable,
                     "this machine has no address that other replicas could reach. Set "
                     "GATEHOUSE_PEER_ADDRESS, or GATEHOUSE_PEER_LISTEN=off."};
}

}  // namespace gatehouse::gateway
