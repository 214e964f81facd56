// SPDX-License-Identifier: Apache-2.0
//
// Sends the bytes of a file as a request, an exact number of times or over streams that stay open,
// and reports in JSON.
//
//   load requests PORT REQUEST_FILE COUNT CONNECTIONS     one request at a time on each connection
//   load streams  PORT REQUEST_FILE COUNT                 opens COUNT streams by the requests in
//   the file, in turn (heads without bodies), reports, holds them until standard input ends
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(1);
}

// Source addresses are spread over 127.0.0.2 and up, so that more than 28,000 connections fit.
int connect_to(std::uint16_t port, std::size_t index) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail(std::string("socket: ") + std::strerror(errno));
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<std::uint32_t>(index / 20'000));
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) fail("bind");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fail(std::string("connect: ") + std::strerror(errno));
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = write(fd, bytes.data(), bytes.size());
    if (sent <= 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// The length of the first whole answer in `in`, 0 when it is not all there. Only answers with a
// Content-Length.
std::size_t whole_answer(const std::string& in, int& status) {
  std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  std::size_t at = in.find("Content-Length: ");
  if (at == std::string::npos || at > head)
    fail("answer without Content-Length: " + in.substr(0, 200));
  std::size_t length = 0;
  std::from_chars(in.data() + at + 16, in.data() + head, length);
  std::from_chars(in.data() + 9, in.data() + 12, status);
  return in.size() >= head + 4 + length ? head + 4 + length : 0;
}

struct Lane {
  int fd = -1;
  std::string in;
  Clock::time_point sent_at;
};

int run_requests(std::uint16_t port, const std::string& request, std::size_t count,
                 std::size_t connections) {
  std::vector<Lane> lanes(connections);
  int poll = epoll_create1(0);
  for (std::size_t i = 0; i < connections; ++i) {
    lanes[i].fd = connect_to(port, 0);
    epoll_event wanted{EPOLLIN, {.u64 = i}};
    epoll_ctl(poll, EPOLL_CTL_ADD, lanes[i].fd, &wanted);
  }
  std::vector<double> micros;
  micros.reserve(count);
  std::size_t sent = 0;
  std::size_t refused = 0;
  Clock::time_point start = Clock::now();
  auto next = [&](Lane& lane) {
    if (sent == count) return;
    ++sent;
    lane.sent_at = Clock::now();
    send_all(lane.fd, request);
  };
  for (Lane& lane : lanes) next(lane);
  std::vector<epoll_event> events(connections);
  char buffer[65'536];
  while (micros.size() < count) {
    int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 10'000);
    if (ready <= 0) fail("no answer for ten seconds");
    for (int i = 0; i < ready; ++i) {
      Lane& lane = lanes[events[static_cast<std::size_t>(i)].data.u64];
      ssize_t got = read(lane.fd, buffer, sizeof buffer);
      if (got <= 0) fail("the server closed a connection");
      lane.in.append(buffer, static_cast<std::size_t>(got));
      int status = 0;
      while (std::size_t length = whole_answer(lane.in, status)) {
        if (status != 200) ++refused;
        lane.in.erase(0, length);
        micros.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - lane.sent_at).count());
        next(lane);
      }
    }
  }
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(micros.begin(), micros.end());
  std::printf(
      "{\"requests\":%zu,\"not_ok\":%zu,\"seconds\":%.4f,\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_"
      "us\":%.0f}\n",
      count, refused, seconds, static_cast<double>(count) / seconds, micros[count / 2],
      micros[count * 99 / 100]);
  return 0;
}

std::vector<std::string_view> heads_in(std::string_view text) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::vector<std::string_view> heads;
  while (!text.empty()) {
    std::size_t size = std::min(text.find(kEnd), text.size() - kEnd.size()) + kEnd.size();
    heads.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (heads.empty()) fail("no request in the file");
  return heads;
}

int run_streams(std::uint16_t port, const std::string& requests, std::size_t count) {
  const std::vector<std::string_view> heads = heads_in(requests);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::vector<int> streams;
  char buffer[4096];
  for (std::size_t i = 0; i < count; ++i) {
    int fd = connect_to(port, i);
    send_all(fd, heads[i % heads.size()]);
    ssize_t got = read(fd, buffer, sizeof buffer - 1);
    if (got <= 0) fail("stream " + std::to_string(i) + " was closed");
    buffer[got] = '\0';
    if (std::strncmp(buffer, "HTTP/1.1 200", 12) != 0)
      fail("stream " + std::to_string(i) + ": " + std::string(buffer).substr(0, 120));
    streams.push_back(fd);
  }
  std::printf("{\"streams\":%zu}\n", streams.size());
  std::fflush(stdout);
  while (read(STDIN_FILENO, buffer, sizeof buffer) > 0) {
  }
  for (int fd : streams) close(fd);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view mode = argc > 1 ? argv[1] : "";
  bool fits = (mode == "requests" && argc == 6) || (mode == "streams" && argc == 5);
  if (!fits) {
    std::fprintf(stderr,
                 "usage: load requests PORT REQUEST_FILE COUNT CONNECTIONS | load streams PORT "
                 "REQUEST_FILE COUNT\n");
    return 2;
  }
  auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  std::ifstream file(argv[3], std::ios::binary);
  std::string request((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto count = static_cast<std::size_t>(std::atoll(argv[4]));
  if (mode == "requests")
    return run_requests(port, request, count, static_cast<std::size_t>(std::atoll(argv[5])));
  return run_streams(port, request, count);
}
