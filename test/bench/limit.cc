// SPDX-License-Identifier: Apache-2.0
//
// The least a server can do for one authenticated `ping`: read the head, look the bearer up among
// 10,000, find the JSON-RPC id, write the answer. One thread, one epoll set, no library. It has no
// deadlines, limits or TLS: it is the yardstick that `script/bench` holds the gateway against, in
// the same minutes on the same machine.
//
//   limit PORT BEARER
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace {

struct Connection {
  std::string in;
  std::string out;
};

using Bearers = std::unordered_set<std::string>;

Bearers table_with(const std::string& live) {
  Bearers bearers;
  for (int i = 0; i < 10'000; ++i)
    bearers.insert("filler-bearer-" + std::to_string(i * 7919) + std::string(60, 'x'));
  bearers.insert(live);
  return bearers;
}

bool matches(std::string_view line, std::string_view lower_name) {
  if (line.size() <= lower_name.size() || line[lower_name.size()] != ':') return false;
  for (std::size_t i = 0; i < lower_name.size(); ++i) {
    if ((line[i] | 0x20) != lower_name[i] && line[i] != lower_name[i]) return false;
  }
  return true;
}

std::string_view value_of(std::string_view line) {
  std::string_view value = line.substr(line.find(':') + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

// The id's text as it stands in a flat JSON-RPC object.
std::string_view id_of(std::string_view body) {
  std::size_t at = body.find("\"id\":");
  if (at == std::string_view::npos) return "null";
  at += 5;
  return body.substr(at, body.find_first_of(",}", at) - at);
}

void answer(std::string_view body, bool known, std::string& out) {
  if (!known) {
    out += "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    return;
  }
  std::string_view id = id_of(body);
  constexpr std::string_view kBefore = R"({"jsonrpc":"2.0","id":)";
  constexpr std::string_view kAfter = R"(,"result":{}})";
  char length[20];
  auto end =
      std::to_chars(length, length + sizeof length, kBefore.size() + id.size() + kAfter.size()).ptr;
  out +=
      "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
      "Cache-Control: no-store\r\nVary: Authorization\r\nContent-Length: ";
  out.append(length, end);
  out += "\r\n\r\n";
  out += kBefore;
  out += id;
  out += kAfter;
}

// Takes whole requests off the front of `connection.in`.
void serve(Connection& connection, const Bearers& bearers) {
  std::size_t done = 0;
  while (true) {
    std::string_view rest = std::string_view(connection.in).substr(done);
    std::size_t head = rest.find("\r\n\r\n");
    if (head == std::string_view::npos) break;
    std::size_t length = 0;
    std::string bearer;
    for (std::size_t at = rest.find("\r\n") + 2; at < head + 2;) {
      std::size_t end = rest.find("\r\n", at);
      std::string_view line = rest.substr(at, end - at);
      if (matches(line, "content-length")) {
        std::string_view digits = value_of(line);
        std::from_chars(digits.data(), digits.data() + digits.size(), length);
      } else if (matches(line, "authorization")) {
        bearer = value_of(line).substr(7);
      }
      at = end + 2;
    }
    if (rest.size() < head + 4 + length) break;
    answer(rest.substr(head + 4, length), bearers.contains(bearer), connection.out);
    done += head + 4 + length;
  }
  connection.in.erase(0, done);
}

int listen_on(std::uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 1024) != 0) {
    std::perror("limit: bind");
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: limit PORT BEARER\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Bearers bearers = table_with(argv[2]);
  int listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  int poll = epoll_create1(0);
  epoll_event wanted{EPOLLIN, {.fd = listener}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
  std::vector<std::unique_ptr<Connection>> connections(65'536);
  std::vector<epoll_event> events(256);
  char buffer[16'384];
  while (true) {
    int count = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[static_cast<std::size_t>(client)] = std::make_unique<Connection>();
        wanted = {EPOLLIN, {.fd = client}};
        epoll_ctl(poll, EPOLL_CTL_ADD, client, &wanted);
        continue;
      }
      Connection& connection = *connections[static_cast<std::size_t>(fd)];
      ssize_t got = read(fd, buffer, sizeof buffer);
      if (got <= 0) {
        close(fd);
        connections[static_cast<std::size_t>(fd)].reset();
        continue;
      }
      connection.in.append(buffer, static_cast<std::size_t>(got));
      serve(connection, bearers);
      if (!connection.out.empty() && write(fd, connection.out.data(), connection.out.size()) < 0)
        close(fd);
      connection.out.clear();
    }
  }
}
