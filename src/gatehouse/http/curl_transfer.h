// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/http/curl_request.h"

namespace gatehouse::http {

using CurlTimer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

// One exchange. It lives in the coroutine that awaits it, so destroying that coroutine ends the
// transfer.
class CurlClient::Transfer {
 public:
  Transfer(std::shared_ptr<Impl> impl, const ClientRequest& request, CurlTarget target,
           CurlHeaders lines);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  base::Task<ClientResponse> run();

 private:
  friend class Impl;

  void prepare();
  void set_method();
  void set_body();
  void set_security();
  curl_socket_t open_socket(const curl_sockaddr& address);
  void finish(CURLcode code);
  void fail(base::Error error);
  void interrupt(bool deadline_passed);
  bool began_to_send() const;
  base::Error error_of(CURLcode code) const;

  bool take_head_line(std::string_view line);
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  std::size_t announced_size() const;
  std::size_t give_body(char* out, std::size_t space);

  std::shared_ptr<Impl> impl_;
  const ClientRequest& request_;
  CurlTarget target_;
  CurlHeaders lines_;
  CurlTimer signal_;  // expires at the deadline; cancelled when the transfer has ended

  CURL* easy_ = nullptr;  // while in flight
  bool waiting_ = false;  // while in line
  bool ended_ = false;
  std::optional<base::Error> error_;
  std::optional<base::Error> refused_;  // set by a callback that aborted the transfer
  ClientResponse response_;

  std::size_t body_sent_ = 0;
  std::size_t head_lines_ = 0;
  std::size_t head_bytes_ = 0;
  bool head_ended_ = false;
  std::array<char, CURL_ERROR_SIZE> message_{};
};

}  // namespace gatehouse::http
