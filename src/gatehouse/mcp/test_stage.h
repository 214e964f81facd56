// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
#include "gatehouse/mcp/legacy_sse.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/mcp/test_catalog.h"
#include "gatehouse/mcp/test_loop.h"
#include "gatehouse/telemetry/log.h"

// For tests: engines over a TestCatalog, on a loop of their own, without sockets.
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
  std::string target = "/mcp";  // or /sse, /messages?...
  std::size_t replica = 0;      // which of the stage's three takes it
  std::vector<http::Header> headers;
  std::string body;
  std::string caller = "alice";
};

// A host's answer to a missing scope: dora has gained it meanwhile, erin is told in words,
// everybody else is challenged where a status can say so.
base::Coroutine<ScopeVerdict> stage_verdict(std::shared_ptr<const Caller> caller,
                                            MissingScope missing);

class Stage;

// Between the stage's replicas, without sockets.
class StageRelay final : public StreamRelay {
 public:
  StageRelay(Stage& stage, std::string address) : stage_(stage), address_(std::move(address)) {}
  const std::string& own_address() const override { return address_; }
  base::Task<Negotiated> probe(const StreamName& stream, bool owes) override;
  base::Task<void> deliver(const StreamName& stream, const StreamLetter& letter) override;

 private:
  Stage& stage_;
  std::string address_;
};

// Three replicas, which share the sealer and the catalog; most tests use the first only. Callers
// are named by their principal; carol's token has the scope `secrets`.
class Stage {
 public:
  using Extent = TestCatalog::Extent;

  explicit Stage(EngineOptions options = {}, Extent extent = Extent::tools);
  ~Stage();

  // Adds the headers every good client sends, unless `request` has its own.
  static TestRequest post(std::string body);

  http::Response send(const TestRequest& request);
  // Starts a request without waiting for its answer.
  std::shared_ptr<std::optional<http::Response>> begin(const TestRequest& request);

  void restart();    // fresh engines with the same sealer and clock
  void let_go();     // waiting handlers return
  void run_ready();  // runs what can run now
  std::size_t waiting() const { return offers_.waiting; }
  int cancelled() const { return offers_.cancelled; }

  // Tells every replica, after the list that it names has grown.
  void change(const Change& change);

  base::FixedClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
  KeepingSealer sealer{clock};
  telemetry::MemoryLog log;
  boost::asio::io_context loop;
  std::vector<std::shared_ptr<http::EventStream>> streams;
  EngineOptions options;
  std::chrono::seconds token_lifetime{3600};
  bool relay_is_cut = false;
  std::array<StageRelay, 3> relays{StageRelay(*this, "10.0.0.1:7000"),
                                   StageRelay(*this, "10.0.0.2:7000"),
                                   StageRelay(*this, "10.0.0.3:7000")};
  StreamableHttp& engine() { return *replicas_[0].http; }
  LegacySse& sse(std::size_t replica = 0) { return *replicas_[replica].sse; }

 private:
  struct Replica {
    std::unique_ptr<StreamableHttp> http;
    std::unique_ptr<LegacySse> sse;
  };

  base::Coroutine<http::Response> handle(TestRequest request, base::SystemTime expires);

  const Extent extent_;
  TestCatalog offers_;
  std::array<Replica, 3> replicas_;
};

// The events a stream was given since the last look, one per element: the data of a message, with
// each other field before it: `id=7 retry=500 endpoint /messages`.
std::vector<std::string> events_of(http::EventStream& stream);
// As the server does once the client is gone, or everything is sent.
void end_stream(http::EventStream& stream);

std::string header_of(const http::Response& response, std::string_view name);

}  // namespace gatehouse::mcp
