// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/http/client.h"

namespace gatehouse::http {

// A request as the scripted client saw it, with its secrets readable.
struct SeenRequest {
  Method method = Method::get;
  std::string url;
  std::vector<Header> headers;
  std::string bearer;
  std::string body;
  std::chrono::milliseconds timeout{};
  std::size_t body_bytes_max = 0;
  bool send_once = false;

  std::string_view header(std::string_view name) const {
    for (const auto& header : headers) {
      if (header.name == name) return header.value;
    }
    return {};
  }
};

// For tests: answers from a function instead of the network and keeps what was sent. Every answer
// takes a turn of the loop, so requests that are made together are in flight together.
class ScriptedClient final : public Client {
 public:
  using Answer = base::Result<ClientResponse>;
  using Script = std::function<Answer(const SeenRequest&)>;

  ScriptedClient() = default;
  explicit ScriptedClient(Script script) : script_(std::move(script)) {}
  void set_script(Script script) { script_ = std::move(script); }

  base::Task<ClientResponse> send(const ClientRequest& request) override {
    SeenRequest copy = copy_of(request);
    seen_.push_back(copy);
    ++in_flight_;
    in_flight_max_ = std::max(in_flight_max_, in_flight_);
    const auto executor = co_await boost::asio::this_coro::executor;
    Timer timer(executor, std::chrono::milliseconds(1));
    const boost::asio::use_awaitable_t<base::Executor> token;
    co_await timer.async_wait(token);
    --in_flight_;
    co_return script_(copy);
  }

  const std::vector<SeenRequest>& seen() const { return seen_; }
  std::size_t in_flight_max() const { return in_flight_max_; }

  static Answer answer(int status, std::string_view body, std::vector<Header> headers = {}) {
    ClientResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body = base::Secret::copy_of(body);
    return response;
  }
  static Answer failure(base::Errc code) { return base::Error{code, "scripted failure"}; }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        base::Executor>;

  static SeenRequest copy_of(const ClientRequest& request) {
    SeenRequest seen;
    seen.method = request.method;
    seen.url = request.url;
    seen.headers = request.headers;
    seen.bearer = request.bearer.reveal();
    seen.body = request.body.reveal();
    seen.timeout = request.timeout;
    seen.body_bytes_max = request.body_bytes_max;
    seen.send_once = request.send_once;
    return seen;
  }

  Script script_;
  std::vector<SeenRequest> seen_;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_max_ = 0;
};

}  // namespace gatehouse::http
