// SPDX-License-Identifier: Apache-2.0
#include "plain_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/front_door.h"
#include "gatehouse/gateway/refusal_log.h"
#include "gatehouse/gateway/sealer.h"
#include "gatehouse/http/router.h"
#include "gatehouse/http/server.h"
#include "gatehouse/mcp/legacy_sse.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::conformance {
namespace {

mcp::Catalog fixture_catalog(Announcer& announcer) {
  mcp::Catalog catalog;
  add_fixture(catalog, announcer);
  return catalog;
}

mcp::ServerInfo fixture_info() {
  mcp::ServerInfo info;
  info.name = "gatehouse-conformance";
  info.title = "Conformance fixture";
  info.version = GATEHOUSE_VERSION;
  info.description = "Offers what the conformance suite asks for";
  return info;
}

std::vector<vault::TokenKeys::Key> fresh_keys(base::Random& random) {
  std::vector<vault::TokenKeys::Key> keys;
  keys.push_back({1, random.secret(32)});
  return keys;
}

std::shared_ptr<const mcp::Caller> everybody() {
  auto caller = std::make_shared<mcp::Caller>();
  caller->principal = "everybody";
  caller->expires = base::from_epoch_seconds(std::numeric_limits<std::int32_t>::max());
  return caller;
}

// Everything below is wired like the gateway, but that it lets everybody in.
class PlainServer {
 public:
  explicit PlainServer(Announcer& announcer)
      : keys_(fresh_keys(random_)),
        state_(keys_, clock_, random_),
        sealer_(state_),
        catalog_(fixture_catalog(announcer)),
        engine_(catalog_, fixture_info(), fixture_options(), sealer_, replicas_, clock_, log_),
        sse_(engine_),
        caller_(everybody()),
        server_(
            loop_, {}, [this](const http::Request& request) { return door_->handle(request); },
            log_),
        signals_(loop_, SIGTERM, SIGINT) {
    announcer.announce = [this](const mcp::Change& change) { engine_.announce(change); };
    add("/mcp", [this](const http::Request& request) { return engine_.handle(request, caller_); });
    add("/sse", [this](const http::Request& request) { return sse_.open(request, caller_); });
    add("/messages",
        [this](const http::Request& request) { return sse_.receive(request, caller_); });
  }

  int run() {
    const auto port = server_.listen("127.0.0.1:0");
    if (!port) {
      std::fprintf(stderr, "cannot listen: %s\n", port.error().detail.c_str());
      return 1;
    }
    const std::string host = "localhost:" + std::to_string(*port);
    door_ = std::make_unique<gateway::FrontDoor>(
        "http://" + host, host,
        [this](const http::Request& request) { return router_.handle(request); }, refusals_,
        random_);
    std::printf("http://%s/mcp\n", host.c_str());
    std::fflush(stdout);
    signals_.async_wait([this](boost::system::error_code, int) { loop_.stop(); });
    loop_.run();
    return 0;
  }

 private:
  void add(const char* path, const http::Handler& handler) {
    for (http::Method method : {http::Method::post, http::Method::get, http::Method::del})
      router_.add({method, path, http::Access::open, handler});
  }

  boost::asio::io_context loop_{1};
  base::SystemClock clock_;
  base::SystemRandom random_;
  telemetry::MemoryLog log_;
  gateway::RefusalLog refusals_{0, clock_, log_};
  vault::TokenKeys keys_;
  vault::SealedState state_;
  gateway::Sealer sealer_;
  mcp::Catalog catalog_;
  mcp::NoReplicas replicas_;
  mcp::StreamableHttp engine_;
  mcp::LegacySse sse_;
  std::shared_ptr<const mcp::Caller> caller_;
  http::Router router_;
  std::unique_ptr<gateway::FrontDoor> door_;
  http::Server server_;
  boost::asio::signal_set signals_;
};

}  // namespace

int run_plain_server(Announcer& announcer) {
  std::signal(SIGPIPE, SIG_IGN);
  PlainServer server(announcer);
  return server.run();
}

}  // namespace gatehouse::conformance
