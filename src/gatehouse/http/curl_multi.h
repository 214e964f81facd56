// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gatehouse/http/byte_budget.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/http/curl_transfer.h"

namespace gatehouse::http {

// All transfers of a client: which run, which wait in line, and libcurl's sockets and timer on the
// loop.
class CurlClient::Impl : public std::enable_shared_from_this<CurlClient::Impl> {
 public:
  Impl(boost::asio::io_context& loop, CurlClientOptions options);
  ~Impl();

  void open();
  void shut_down();

  base::Result<void> admit(Transfer& transfer);
  void leave(Transfer& transfer);
  ByteBudget::Share body_share() const { return bodies_.share(); }
  CurlClientStatus status() const { return {active_.size(), line_.size(), connections_opened_}; }

  const CurlClientOptions& options() const { return options_; }
  const base::Executor& executor() const { return executor_; }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<base::Executor>;

  bool has_room(const std::string& origin) const;
  base::Result<void> start(Transfer& transfer);
  void start_next();
  CURL* take_handle();
  void release_handle(Transfer& transfer);
  void note_version(const std::string& origin, long version);

  void drive(curl_socket_t socket, int events);
  void collect();
  void wait_for_sockets();
  void on_sockets_ready();
  int watch(curl_socket_t socket, int what, bool known);
  int set_timer(long delay_ms);

  base::Executor executor_;
  CurlClientOptions options_;
  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  Descriptor sockets_;  // the epoll set with libcurl's sockets in it; owns `epoll_`
  CurlTimer timer_;
  std::uint64_t timer_round_ = 0;
  std::size_t sockets_watched_ = 0;
  bool wait_pending_ = false;
  std::list<Transfer*> active_;
  std::list<Transfer*> line_;
  bool line_closed_ = false;
  std::unordered_map<std::string, std::size_t> active_by_origin_;
  std::unordered_set<std::string> multiplexed_origins_;
  std::vector<CURL*> idle_handles_;
  const ByteBudget bodies_;
  std::uint64_t connections_opened_ = 0;

  friend class Transfer;
};

}  // namespace gatehouse::http
