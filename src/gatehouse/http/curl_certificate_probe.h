// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::http {

// Why clients would turn away from a TLS server.
enum class TlsFault {
  none,
  no_connection,      // nobody listens, or the name leads nowhere
  no_tls,             // what listens does not speak TLS
  no_handshake,       // it does, and no connection comes of it
  expired,            // some certificate of the chain
  not_yet_valid,      // the same
  other_name,         // the certificate is for other hosts
  unknown_authority,  // nobody trusted has issued it, or an intermediate one was not sent along
  distrusted,         // for any other reason
};

struct CertificateFinding {
  CertificateFinding() {}
  TlsFault fault = TlsFault::none;
  std::string reason;  // in libcurl's words; empty without a fault
  // What the server's own certificate says, for people to read and for nothing else: it is not
  // believed. Printable ASCII; empty, and 0, when none was seen.
  std::string names;            // "gatehouse.example.com, *.example.com"
  std::string issuer;           // "C = US, O = Amazon, CN = Amazon RSA 2048 M03"
  std::int64_t valid_from = 0;  // seconds since the epoch
  std::int64_t valid_until = 0;
};

// Shakes hands with the server of an https URL as a client of this machine would, sends no request
// and hangs up. Once more, without judging, when the certificate was turned down, to see what it
// is. Blocking: for a program that does nothing else meanwhile, `limit` for each of the two.
// Honours HTTPS_PROXY and NO_PROXY as CurlClient does.
CertificateFinding probe_certificate(const std::string& url, const std::string& ca_file,
                                     std::chrono::milliseconds limit);

}  // namespace gatehouse::http
