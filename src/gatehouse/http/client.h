// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/message.h"

namespace gatehouse::http {

struct ClientRequest {
  ClientRequest() {}  // user-declared: makes the type safe inside co_await operands on g++ 12

  Method method = Method::get;
  std::string url;              // absolute; https, or http for a configured loopback address
  std::vector<Header> headers;  // no credentials here
  base::Secret bearer;          // sent as `Authorization: Bearer`, when not empty
  base::Secret body;
  std::chrono::milliseconds timeout{20'000};      // for the whole exchange
  std::size_t body_bytes_max = 32 * 1024 * 1024;  // of the decoded answer; more is Errc::denied
  // For requests whose repetition does harm, like sending a mail. A client normally sends once more
  // when a pooled connection proves closed after the request was written to it; with `send_once`
  // the body goes out at most once, and every failure after it began to go out is Errc::timeout, so
  // that Errc::unavailable then means: certainly not sent.
  bool send_once = false;
};

struct ClientResponse {
  int status = 0;
  std::vector<Header> headers;
  base::Secret body;  // decoded; wiped on release because answers carry tokens and mail
  // Counts the body among all that the client's answers hold. Goes on with whatever the body
  // becomes.
  ByteBudget::Share held;

  // First value of a header, empty when absent. Names compare without case.
  std::string_view header(std::string_view name) const;
};

// Sends requests. Never follows redirects, never keeps cookies. An answer of any status is a value;
// errors are Errc::timeout (outcome unknown), Errc::unavailable (no connection, also when that took
// too long; reset, cut or badly encoded answer), Errc::denied (an answer beyond the bounds of size;
// asking again will not help) and Errc::invalid_argument (URL or header refused, nothing was sent).
class Client {
 public:
  virtual ~Client() = default;
  virtual base::Task<ClientResponse> send(const ClientRequest& request) = 0;
};

}  // namespace gatehouse::http
