// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_certificate_probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace gatehouse::http {
namespace {

constexpr std::chrono::milliseconds kLimit{5'000};
constexpr char kCaFile[] = "/etc/ssl/certs/ca-certificates.crt";

// A socket on loopback. What certificates do is tested by the end-to-end suite `doctor_public_url`.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    url_ = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { close(); }

  const std::string& url() const { return url_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // Reads once and answers whoever comes first.
  std::thread answer(std::string text) {
    return std::thread([this, text = std::move(text)] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      std::array<char, 4096> piece;
      EXPECT_GT(::recv(peer, piece.data(), piece.size(), 0), 0);
      ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      ::close(peer);
    });
  }

 private:
  int socket_;
  std::string url_;
};

TEST(CertificateProbe, SaysThatNobodyListens) {
  Listener listener;
  listener.close();
  const CertificateFinding finding = probe_certificate(listener.url(), kCaFile, kLimit);
  EXPECT_EQ(finding.fault, TlsFault::no_connection) << finding.reason;
  EXPECT_FALSE(finding.reason.empty());
  EXPECT_EQ(finding.valid_until, 0);
}

TEST(CertificateProbe, SaysThatAPortSpeaksPlainHttp) {
  Listener listener;
  std::thread server = listener.answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const CertificateFinding finding = probe_certificate(listener.url(), kCaFile, kLimit);
  server.join();
  EXPECT_EQ(finding.fault, TlsFault::no_tls) << finding.reason;
}

TEST(CertificateProbe, TellsAHandshakeThatBreaksOffFromNoTls) {
  Listener listener;
  const std::string handshake_failure("\x15\x03\x03\x00\x02\x02\x28", 7);
  std::thread server = listener.answer(handshake_failure);
  const CertificateFinding finding = probe_certificate(listener.url(), kCaFile, kLimit);
  server.join();
  EXPECT_EQ(finding.fault, TlsFault::no_handshake) << finding.reason;
}

TEST(CertificateProbe, AsksNobodyByPlainHttp) {
  EXPECT_EQ(probe_certificate("http://127.0.0.1:1", kCaFile, kLimit).fault,
            TlsFault::no_connection);
}

}  // namespace
}  // namespace gatehouse::http
