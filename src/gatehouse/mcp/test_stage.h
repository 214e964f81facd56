// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/mcp/test_loop.h"
#include "gatehouse/telemetry/log.h"

// For tests: an engine with a handful of tools, on a loop of its own, without sockets.
namespace gatehouse::mcp {

// Seals by keeping: stands for "any replica, any restart" as long as the test lives.
class KeepingSealer final : public StateSealer {
 public:
  explicit KeepingSealer(const base::Clock& clock) : clock_(clock) {}
  std::string seal(std::string_view purpose, std::string_view principal, std::string_view state,
                   std::chrono::seconds lifetime) override;
  base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                 std::string_view token) override;
  int opened = 0;

 private:
  struct Kept {
    std::string purpose;
    std::string principal;
    std::string state;
    base::SystemTime expires;
  };
  const base::Clock& clock_;
  std::map<std::string, Kept, std::less<>> kept_;
};

struct TestRequest {
  http::Method method = http::Method::post;
  std::vector<http::Header> headers;
  std::string body;
  std::string caller = "alice";
};

// The tools of the stage: echo {text}, sleep (waits until let go), count (three steps of progress,
// then waits until let go), secret (needs the scope `secrets`), structured, fail (throws).
class Stage {
 public:
  explicit Stage(EngineOptions options = {});
  ~Stage();

  // Adds the headers every good client sends, unless `request` has its own.
  static TestRequest post(std::string body);

  http::Response send(const TestRequest& request);
  // Starts a request without waiting for its answer.
  std::shared_ptr<std::optional<http::Response>> begin(const TestRequest& request);

  void restart();               // a fresh engine with the same sealer and clock
  void let_go();                // waiting tools return
  void run_ready();             // runs what can run now
  std::size_t waiting() const;  // tools that wait
  int cancelled = 0;            // waiting tools that found themselves cancelled when let go

  base::FixedClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
  KeepingSealer sealer{clock};
  telemetry::MemoryLog log;
  boost::asio::io_context loop;
  std::vector<std::shared_ptr<http::EventStream>> streams;
  EngineOptions options;
  std::chrono::seconds token_lifetime{3600};
  StreamableHttp& engine() { return *engine_; }

 private:
  class Tools;
  std::unique_ptr<Tools> tools_;
  std::unique_ptr<StreamableHttp> engine_;
};

// The messages a stream was given since the last look, one per element.
std::vector<std::string> events_of(http::EventStream& stream);
// As the server does once the client is gone, or everything is sent.
void end_stream(http::EventStream& stream);

std::string header_of(const http::Response& response, std::string_view name);

}  // namespace gatehouse::mcp
