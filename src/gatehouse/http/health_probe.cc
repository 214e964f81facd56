// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/health_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

namespace gatehouse::http {
namespace {

using base::Errc;
using base::Error;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kStatusLineMax = 64;

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Endpoint> endpoint_v4(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  if (address.sin_addr.s_addr == htonl(INADDR_ANY))
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Endpoint endpoint;
  std::copy_n(reinterpret_cast<const char*>(&address), sizeof address,
              reinterpret_cast<char*>(&endpoint.address));
  endpoint.size = sizeof address;
  return endpoint;
}

std::optional<Endpoint> endpoint_v6(const std::string& host, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) return std::nullopt;
  if (IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr)) address.sin6_addr = in6addr_loopback;
  Endpoint endpoint;
  std::copy_n(reinterpret_cast<const char*>(&address), sizeof address,
              reinterpret_cast<char*>(&endpoint.address));
  endpoint.size = sizeof address;
  return endpoint;
}

std::optional<Endpoint> endpoint_of(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint16_t> port = port_of(text.substr(colon + 1));
  if (!port) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    return endpoint_v6(std::string(host.substr(1, host.size() - 2)), *port);
  return endpoint_v4(std::string(host), *port);
}

std::string words_for(int error) { return std::generic_category().message(error); }

// One connection, each step of which ends by the deadline.
class Probe {
 public:
  Probe(int descriptor, steady_clock::time_point deadline)
      : descriptor_(descriptor), deadline_(deadline) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() { ::close(descriptor_); }

  base::Result<void> connect(const Endpoint& to) {
    const auto* address = reinterpret_cast<const sockaddr*>(&to.address);
    if (::connect(descriptor_, address, to.size) == 0) return {};
    if (errno != EINPROGRESS) return Error{Errc::unavailable, words_for(errno)};
    auto ready = wait_for(POLLOUT);
    if (!ready) return ready;
    int trouble = 0;
    socklen_t size = sizeof trouble;
    getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &trouble, &size);
    if (trouble != 0) return Error{Errc::unavailable, words_for(trouble)};
    return {};
  }

  // The request is shorter than any socket's buffer.
  base::Result<void> send(std::string_view bytes) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return {};
    return Error{Errc::unavailable, sent < 0 ? words_for(errno) : "it takes no request"};
  }

  base::Result<std::string> first_line() {
    std::string line;
    while (line.find("\r\n") == std::string::npos && line.size() < kStatusLineMax) {
      auto ready = wait_for(POLLIN);
      if (!ready) return ready.error();
      std::array<char, kStatusLineMax> piece;
      const ssize_t got = ::recv(descriptor_, piece.data(), piece.size(), 0);
      if (got == 0) break;
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return Error{Errc::unavailable, words_for(errno)};
      line.append(piece.data(), static_cast<std::size_t>(got));
    }
    return line.substr(0, line.find("\r\n"));
  }

 private:
  base::Result<void> wait_for(short what) {
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
      if (left.count() <= 0) return Error{Errc::timeout, "no answer in time"};
      pollfd one{descriptor_, what, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return Error{Errc::unavailable, words_for(errno)};
    }
  }

  const int descriptor_;
  const steady_clock::time_point deadline_;
};

base::Result<int> status_of(std::string_view line) {
  constexpr std::string_view kBegin = "HTTP/1.1 ";
  const Error no_http{Errc::internal, "what listens there does not speak HTTP"};
  if (!line.starts_with(kBegin)) return no_http;
  line.remove_prefix(kBegin.size());
  int status = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), status);
  if (error != std::errc() || end != line.data() + 3) return no_http;
  return status;
}

}  // namespace

base::Result<int> probe_health(std::string_view address, std::string_view path,
                               milliseconds limit) {
  const std::optional<Endpoint> endpoint = endpoint_of(address);
  if (!endpoint) return Error{Errc::invalid_argument, "no ADDRESS:PORT"};
  const int descriptor = ::socket(endpoint->address.ss_family,
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return Error{Errc::unavailable, words_for(errno)};
  Probe probe(descriptor, steady_clock::now() + limit);
  auto connected = probe.connect(*endpoint);
  if (!connected) return connected.error();
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  auto sent = probe.send(request);
  if (!sent) return sent.error();
  auto line = probe.first_line();
  if (!line) return line.error();
  return status_of(*line);
}

}  // namespace gatehouse::http
