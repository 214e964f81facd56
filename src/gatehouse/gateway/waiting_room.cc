// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/waiting_room.h"

#include <utility>

namespace gatehouse::gateway {
namespace {

base::Coroutine<http::Response> answer(const http::Request& request) {
  const bool health = request.path == "/healthz" && request.method == http::Method::get;
  http::Response response =
      health
          ? http::text_response(503, "starting\n")
          : http::json_response(
                503,
                R"({"error":"temporarily_unavailable","error_description":"Gatehouse is starting. Try again in a few seconds."})");
  response.with("Retry-After", "5").with("Cache-Control", "no-store");
  response.close = true;
  co_return response;
}

}  // namespace

WaitingRoom::WaitingRoom(boost::asio::io_context& loop, telemetry::Log& log)
    : server_(loop, {}, answer, log) {}

base::Result<void> WaitingRoom::open(const std::string& address) {
  auto port = server_.listen(address);
  if (!port) return port.error();
  return {};
}

base::Coroutine<void> WaitingRoom::close() {
  constexpr std::chrono::seconds limit(1);
  co_await server_.drain(limit);
}

}  // namespace gatehouse::gateway
