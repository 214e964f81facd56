// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/http/client.h"

namespace gatehouse::http {

struct CurlClientOptions {
  std::string user_agent;  // Google compresses answers only for agents that say "gzip"
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  bool allow_plain_http_to_loopback =
      true;  // the emulator and the tests; any other http URL is refused
  // Further hosts that may be called over plain http, compared exactly: the credential endpoints of
  // a cloud's machines.
  std::vector<std::string> plain_http_hosts;
  // For a client that only speaks to other replicas, whose messages are sealed by themselves: plain
  // http to every host. No secret goes out by such a client as it is.
  bool plain_http_anywhere = false;
  // For URLs that strangers name: a connection is made only to an address of the public internet
  // (or one of `trusted_addresses`), judged after the name was resolved; no proxy, no plain http,
  // no port but 443. Such a client shares no connection with others.
  bool public_addresses_only = false;
  std::vector<std::string> trusted_addresses;        // as text, any port: "127.0.0.1"
  std::chrono::milliseconds connect_timeout{5'000};  // name, TCP and TLS together
  // A server allows about 100 streams on one HTTP/2 connection, so `requests_per_host_max` keeps
  // such a host at one connection; a host that speaks HTTP/1.1 gets up to
  // `connections_per_host_max`.
  std::size_t connections_per_host_max = 32;
  std::size_t requests_per_host_max = 90;
  std::size_t requests_in_flight_max = 512;  // over all hosts; more wait in line
  std::size_t requests_waiting_max = 4096;   // more are refused with Errc::unavailable
  // Of all answers together, until what they became has gone (ClientResponse::held); the one that
  // needs more is refused with Errc::unavailable.
  std::size_t bodies_bytes_max = 64 * 1024 * 1024;
  std::size_t response_headers_max = 100;
  std::size_t response_head_bytes_max = 64 * 1024;
};

struct CurlClientStatus {
  std::size_t in_flight = 0;
  std::size_t waiting = 0;
  std::uint64_t connections_opened = 0;
};

// libcurl's multi interface on the event loop: pooled connections, HTTP/2 where offered, gzip,
// HTTPS_PROXY and NO_PROXY honoured, certificates always checked, redirects never followed. Plain
// http and loopback hosts are never sent through a proxy. Cancelling the awaiting coroutine cancels
// the transfer (Errc::timeout). Use it on the loop's thread only; the loop must outlive it.
// Destroying it ends every transfer with an error; their coroutines then finish as the loop runs
// on. It keeps the loop alive only while requests are pending.
class CurlClient final : public Client {
 public:
  CurlClient(boost::asio::io_context& loop, CurlClientOptions options);
  ~CurlClient() override;
  base::Task<ClientResponse> send(const ClientRequest& request) override;
  CurlClientStatus status() const;

 private:
  class Impl;
  class Transfer;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::http
