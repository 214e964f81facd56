// SPDX-License-Identifier: Apache-2.0
//
// A notebook as an MCP server on one's own machine:
//
//   notebook [PORT]        serves http://127.0.0.1:PORT/mcp until SIGTERM; 8931 unless told
//   otherwise
//
// NOTEBOOK_KEYS: one key, or several with the newest first, separated by commas: each 32 random
// bytes as unpadded base64url. With it sessions survive a restart.
#include <gatehouse/base/clock.h>
#include <gatehouse/base/encoding.h>
#include <gatehouse/base/random.h>
#include <gatehouse/http/router.h>
#include <gatehouse/http/server.h>
#include <gatehouse/mcp/aead_sealer.h>
#include <gatehouse/mcp/streamable_http.h>
#include <gatehouse/telemetry/log.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog.h"
#include "door.h"
#include "notes.h"

namespace notebook {
namespace {

namespace base = gatehouse::base;
namespace http = gatehouse::http;
namespace mcp = gatehouse::mcp;
namespace telemetry = gatehouse::telemetry;

mcp::ServerInfo server_info() {
  mcp::ServerInfo info;
  info.name = "notebook";
  info.title = "Notebook";
  info.version = "1.0.0";
  info.instructions = "Keeps short notes. Look for one with find_notes before you write another.";
  return info;
}

class Program {
 public:
  Program(std::uint16_t port, std::vector<base::Secret> keys)
      : log_(telemetry::make_console_log(telemetry::Level::info)),
        sealer_(std::move(keys), clock_, random_),
        catalog_(make_catalog(notes_)),
        engine_(catalog_, server_info(), mcp::EngineOptions(), sealer_, replicas_, clock_, *log_),
        door_(port),
        server_(
            loop_, http::ServerLimits(),
            [this](const http::Request& request) { return answer(request); }, *log_),
        signals_(loop_, SIGTERM, SIGINT) {
    for (const http::Method method : {http::Method::post, http::Method::get, http::Method::del}) {
      router_.add({method, "/mcp", http::Access::open,
                   [this](const http::Request& request) { return call_engine(request); }});
    }
  }

  int run(std::uint16_t port) {
    const auto bound = server_.listen("127.0.0.1:" + std::to_string(port));
    if (!bound) {
      std::fprintf(stderr, "notebook: %s\n", bound.error().detail.c_str());
      return 1;
    }
    std::printf("http://127.0.0.1:%u/mcp\n", unsigned(*bound));
    std::fflush(stdout);
    signals_.async_wait([this](boost::system::error_code, int) {
      boost::asio::co_spawn(loop_.get_executor(), drain(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
      });
    });
    loop_.run();
    return 0;
  }

 private:
  base::Coroutine<http::Response> answer(const http::Request& request) {
    std::optional<http::Response> refusal = door_.refuse(request);
    if (refusal) co_return std::move(*refusal);
    http::Response response = co_await router_.handle(request);
    co_return response;
  }

  // Whoever reaches the loopback is the owner of this machine, so that there is one caller. A
  // server for many names each of them here, as its authentication has found out.
  base::Coroutine<http::Response> call_engine(const http::Request& request) {
    auto caller = std::make_shared<mcp::Caller>();
    caller->principal = "owner";
    caller->expires = clock_.now() + std::chrono::hours(24);
    http::Response response = co_await engine_.handle(request, std::move(caller));
    co_return response;
  }

  // Calls under way are answered, streams get their good-bye.
  base::Coroutine<void> drain() {
    engine_.end_streams();
    const std::chrono::seconds limit(5);
    co_await server_.drain(limit);
    loop_.stop();
  }

  // Requests under way refer to all of it, so nothing here ends while the loop runs.
  boost::asio::io_context loop_{1};
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::unique_ptr<telemetry::Log> log_;
  mcp::AeadSealer sealer_;
  Notes notes_;
  mcp::Catalog catalog_;
  mcp::NoReplicas replicas_;
  mcp::StreamableHttp engine_;
  http::Router router_;
  Door door_;
  http::Server server_;
  boost::asio::signal_set signals_;
};

// nullopt when one of them is no key.
std::optional<std::vector<base::Secret>> read_keys(std::string_view text) {
  std::vector<base::Secret> keys;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::optional<base::Secret> key =
        base::base64url_decode_secret(text.substr(begin, end - begin));
    if (!key || key->size() != mcp::AeadSealer::kKeyBytes) return std::nullopt;
    keys.push_back(std::move(*key));
    begin = end + 1;
  }
  if (keys.size() > mcp::AeadSealer::kKeysMax) return std::nullopt;
  return keys;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

int complain(const char* what) {
  std::fprintf(stderr, "notebook: %s\n", what);
  return 2;
}

}  // namespace

int run(int argc, char** argv) {
  const auto port = read_port(argc > 1 ? argv[1] : "8931");
  if (!port || argc > 2) return complain("Usage: notebook [PORT], from 1 to 65535");
  std::optional<std::vector<base::Secret>> keys(std::in_place);
  if (const char* given = std::getenv("NOTEBOOK_KEYS")) {
    keys = read_keys(given);
  } else {
    keys->push_back(base::SystemRandom().secret(mcp::AeadSealer::kKeyBytes));
  }
  if (!keys) return complain("NOTEBOOK_KEYS takes 1 to 8 keys of 32 bytes as base64url");
  std::signal(SIGPIPE, SIG_IGN);
  Program program(*port, std::move(*keys));
  return program.run(*port);
}

}  // namespace notebook

int main(int argc, char** argv) { return notebook::run(argc, argv); }
