// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "gatehouse/http/client.h"

namespace gatehouse::http {

struct CurlClientOptions {
  std::string user_agent;                 // Google compresses answers only for agents that say "gzip"
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  bool allow_plain_http_to_loopback = true;  // the emulator and the tests; any other http URL is refused
  std::size_t connections_per_host_max = 2;  // over HTTP/2; requests beyond the server's streams wait
  std::size_t requests_in_flight_max = 512;  // more wait in line
};

// libcurl's multi interface on the event loop: pooled connections, HTTP/2 where offered, gzip, HTTPS_PROXY and NO_PROXY
// honoured, certificates always checked, redirects never followed. Cancelling the awaiting coroutine cancels the transfer.
class CurlClient final : public Client {
 public:
  CurlClient(boost::asio::io_context& loop, CurlClientOptions options);
  ~CurlClient() override;
  base::Task<ClientResponse> send(const ClientRequest& request) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::http
