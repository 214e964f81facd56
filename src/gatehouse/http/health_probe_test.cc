// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/health_probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace gatehouse::http {
namespace {

using namespace std::chrono_literals;

// A socket on loopback that answers the first request with `answer`, or says nothing when that is
// empty.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
    if (!answer.empty()) worker_ = std::thread([this, answer] { serve(answer); });
  }
  ~OneAnswer() {
    if (worker_.joinable()) worker_.join();
    ::close(listener_);
  }

  const std::string& port() const { return port_; }
  const std::string& asked() {
    if (worker_.joinable()) worker_.join();
    return asked_;
  }

 private:
  void serve(const std::string& answer) {
    const int peer = ::accept(listener_, nullptr, nullptr);
    std::array<char, 512> piece;
    const ssize_t got = ::recv(peer, piece.data(), piece.size(), 0);
    if (got > 0) asked_.assign(piece.data(), static_cast<std::size_t>(got));
    EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
    ::close(peer);
  }

  const int listener_;
  std::string port_;
  std::string asked_;
  std::thread worker_;
};

TEST(HealthProbe, GivesTheStatusAndAsksLoopbackWhereTheServerListensEverywhere) {
  for (const char* host : {"127.0.0.1:", "0.0.0.0:"}) {
    OneAnswer server("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    const auto status = probe_health(host + server.port(), "/healthz", 5s);
    ASSERT_TRUE(status) << status.error().detail;
    EXPECT_EQ(*status, 503);
    EXPECT_TRUE(server.asked().starts_with("GET /healthz HTTP/1.1\r\n")) << server.asked();
  }
}

TEST(HealthProbe, WhatIsNoHttpIsNoHealth) {
  for (const char* answer :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 2000 OK\r\n", "\r\n", "HTTP/2 200\r\n"}) {
    OneAnswer server(answer);
    const auto status = probe_health("127.0.0.1:" + server.port(), "/healthz", 5s);
    ASSERT_FALSE(status) << answer;
    EXPECT_EQ(status.error().code, base::Errc::internal) << answer;
  }
}

TEST(HealthProbe, ASilentServerIsNotWaitedForBeyondTheLimit) {
  OneAnswer server("");
  const auto status = probe_health("127.0.0.1:" + server.port(), "/healthz", 30ms);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::Errc::timeout);
}

TEST(HealthProbe, NobodyThereIsSaidAtOnce) {
  std::string port;
  {
    OneAnswer gone("");
    port = gone.port();
  }
  const auto status = probe_health("127.0.0.1:" + port, "/healthz", 5s);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::Errc::unavailable);
}

TEST(HealthProbe, RefusesWhatIsNoAddress) {
  for (const char* address :
       {"", "8080", "localhost:8080", "127.0.0.1:", "127.0.0.1:99999", "::1:8080", "[::1]"}) {
    const auto status = probe_health(address, "/healthz", 5s);
    ASSERT_FALSE(status) << address;
    EXPECT_EQ(status.error().code, base::Errc::invalid_argument) << address;
  }
}

}  // namespace
}  // namespace gatehouse::http
