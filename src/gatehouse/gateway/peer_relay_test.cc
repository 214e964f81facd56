// SPDX-License-Identifier: Apache-2.0
//
// Two replicas in one process, which reach each other over loopback.
#include "gatehouse/gateway/peer_relay.h"

#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/gateway/peer_address.h"
#include "gatehouse/gateway/peer_routes.h"
#include "gatehouse/gateway/sealer.h"
#include "gatehouse/gateway/upstream_settings.h"
#include "gatehouse/http/outgoing_event_stream.h"
#include "gatehouse/http/server.h"
#include "gatehouse/mcp/legacy_sse.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

std::vector<vault::TokenKeys::Key> one_key(char fill) {
  std::vector<vault::TokenKeys::Key> keys;
  keys.push_back({1, base::Secret::copy_of(std::string(32, fill))});
  return keys;
}

base::Coroutine<mcp::ToolResult> large(mcp::ToolCall&) {
  co_return mcp::tool_text(std::string(3'000'000, 'x'));
}

// Ends when it is cancelled.
int cancelled = 0;
base::Coroutine<mcp::ToolResult> wait(mcp::ToolCall& call) {
  const base::Executor executor = co_await boost::asio::this_coro::executor;
  const boost::asio::use_awaitable_t<base::Executor> token;
  Timer pause(executor);
  while (!call.cancelled()) {
    pause.expires_after(5ms);
    co_await pause.async_wait(token);
  }
  ++cancelled;
  co_return mcp::tool_text("cancelled");
}

mcp::Tool make_tool(const char* name, mcp::ToolHandler handler) {
  mcp::Tool tool;
  tool.name = name;
  tool.description = "For tests";
  tool.input_schema = R"({"type":"object"})";
  tool.handler = std::move(handler);
  return tool;
}

mcp::Catalog two_tools() {
  mcp::Catalog catalog;
  catalog.tools.add(make_tool("large", &large));
  catalog.tools.add(make_tool("wait", &wait));
  return catalog;
}

// What is the same for all replicas of a deployment.
struct Deployment {
  Deployment() : keys(one_key('T')), state(keys, clock, random), sealer(state) {}
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  vault::TokenKeys keys;
  vault::SealedState state;
  Sealer sealer;
  mcp::Catalog catalog = two_tools();
};

struct Replica {
  Replica(boost::asio::io_context& loop, Deployment& shared, const vault::TokenKeys& keys)
      : seal(keys, shared.clock, shared.random),
        client(loop, peer_curl_options()),
        relay(client, seal),
        engine(shared.catalog, {}, {}, shared.sealer, relay, shared.clock, shared.log),
        sse(engine),
        routes(seal, relay, sse, shared.log),
        server(
            loop, peer_server_limits(),
            [this](const http::Request& request) { return routes.handle(request); }, shared.log) {
    const auto port = server.listen("127.0.0.1:0");
    EXPECT_TRUE(port);
    relay.set_own_address("127.0.0.1:" + std::to_string(*port));
  }

  vault::PeerSeal seal;
  http::CurlClient client;
  PeerRelay relay;
  mcp::StreamableHttp engine;
  mcp::LegacySse sse;
  PeerRoutes routes;
  http::Server server;
};

class PeerRelayTest : public testing::Test {
 protected:
  std::unique_ptr<Replica> make_replica() {
    return std::make_unique<Replica>(loop, shared, shared.keys);
  }

  bool run_until(const std::function<bool()>& done) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < limit) loop.run_one_for(100ms);
    return done();
  }

  template <class T>
  T run(base::Coroutine<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr failure, T value) {
      if (failure) std::rethrow_exception(failure);
      result.emplace(std::move(value));
    });
    EXPECT_TRUE(run_until([&] { return result.has_value(); }));
    return std::move(*result);
  }

  static std::shared_ptr<const mcp::Caller> caller_named(const std::string& name) {
    auto caller = std::make_shared<mcp::Caller>();
    caller->principal = name;
    caller->expires = base::SystemClock().now() + 1h;
    return caller;
  }

  // Returns where to send.
  std::string open(Replica& replica) {
    const http::HeaderView accept[] = {{"Accept", "text/event-stream"}};
    http::Request request;
    request.headers = accept;
    http::Response response = run(replica.sse.open(request, caller_named("alice")));
    stream = response.stream;
    if (!stream) {
      ADD_FAILURE() << "no stream";
      return {};
    }
    const std::string first = http::outgoing(*stream).take();
    const std::size_t from = first.find("data: ") + 6;
    return first.substr(from, first.find('\n', from) - from);
  }

  http::Response post(Replica& replica, const std::string& target, std::string body,
                      const std::string& caller = "alice") {
    const http::HeaderView json[] = {{"Content-Type", "application/json"}};
    body.reserve(body.size() + 64);
    http::Request request;
    request.method = http::Method::post;
    request.headers = json;
    request.query = std::string_view(target).substr(target.find('?') + 1);
    request.body = body;
    return run(replica.sse.receive(request, caller_named(caller)));
  }

  std::string next_events() {
    std::string text;
    run_until([&] {
      text += http::outgoing(*stream).take();
      return text.ends_with("\n\n");
    });
    return text;
  }

  // What the listener answers to these bytes.
  int knock(Replica& replica, const std::string& body, http::Method method = http::Method::post,
            const std::string& path = kPeerPath) {
    http::ClientRequest request;
    request.method = method;
    request.url = "http://" + replica.relay.own_address() + path;
    request.body = base::Secret::copy_of(body);
    auto response = run(replica.client.send(request));
    return response ? response->status : 0;
  }

  boost::asio::io_context loop{1};
  Deployment shared;
  std::shared_ptr<http::EventStream> stream;
  std::unique_ptr<Replica> a = make_replica();
  std::unique_ptr<Replica> b = make_replica();
};

constexpr const char* kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";

TEST_F(PeerRelayTest, AnswersTravelToTheReplicaThatHoldsTheStream) {  // MR-02
  const std::string target = open(*a);
  const std::string initialize =
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}})";
  EXPECT_EQ(post(*b, target, initialize).status, 202);
  EXPECT_NE(next_events().find(R"("protocolVersion":"2025-06-18")"), std::string::npos);

  EXPECT_EQ(post(*b, target, kPing).status, 202);
  EXPECT_EQ(next_events(),
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n");
}

TEST_F(PeerRelayTest, LargeAnswersArriveWhole) {
  const std::string target = open(*a);
  const std::string call =
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"large"}})";
  EXPECT_EQ(post(*b, target, call).status, 202);
  EXPECT_GT(next_events().size(), 3'000'000u);
}

TEST_F(PeerRelayTest, ACancellationFindsItsCall) {
  const std::string target = open(*a);
  const std::string call =
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"wait"}})";
  EXPECT_EQ(post(*b, target, call).status, 202);
  const int before = cancelled;
  const std::string notice =
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})";
  EXPECT_EQ(post(*a, target, notice).status, 202);

  EXPECT_TRUE(run_until([&] { return cancelled == before + 1; }));
  EXPECT_EQ(http::outgoing(*stream).take(), "");
}

TEST_F(PeerRelayTest, AStreamOfSomebodyElseOrNobodyIsUnknown) {  // T21
  const std::string target = open(*a);
  EXPECT_EQ(post(*b, target, kPing, "bob").status, 404);
  mcp::StreamName foreign{a->relay.own_address(), "bob", "key"};
  const auto probed = run(b->relay.probe(foreign, false));
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, base::Errc::not_found);

  http::outgoing(*stream).end();
  EXPECT_EQ(post(*b, target, kPing).status, 404);
}

TEST_F(PeerRelayTest, TheHolderGoneTheClientIsToldBeforeAnythingIsDone) {
  const std::string target = open(*a);
  a.reset();
  const http::Response response = post(*b, target, kPing);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("Nothing was done"), std::string::npos);
  EXPECT_NE(shared.log.text().find("stream of another replica not reached"), std::string::npos);
}

TEST_F(PeerRelayTest, AnotherDeploymentIsRefused) {
  const vault::TokenKeys other_keys(one_key('U'));
  Replica stranger(loop, shared, other_keys);
  const std::string target = open(*a);
  EXPECT_EQ(post(stranger, target, kPing).status, 503);
  EXPECT_NE(shared.log.text().find("message of a replica refused"), std::string::npos);
  EXPECT_NE(shared.log.text().find("share one key"), std::string::npos);
}

TEST_F(PeerRelayTest, AMessageCountsOnceAndAtItsAddressOnly) {
  PeerRequest probe;
  probe.principal = "alice";
  probe.key = "key";
  const std::string& address = a->relay.own_address();
  const std::string sealed = b->seal.seal(kPeerRequest, address, peer_request_text(probe));
  EXPECT_EQ(knock(*b, sealed), 403);
  EXPECT_EQ(knock(*a, sealed), 200);
  EXPECT_EQ(knock(*a, sealed), 403);
  EXPECT_EQ(knock(*a, b->seal.seal(kPeerRequest, address, "{}")), 400);
}

TEST_F(PeerRelayTest, TheListenerServesNothingElse) {
  EXPECT_EQ(knock(*a, "garbage"), 403);
  EXPECT_EQ(knock(*a, std::string(100'000, 'x')), 403);
  EXPECT_EQ(knock(*a, "", http::Method::get), 405);
  EXPECT_EQ(knock(*a, "garbage", http::Method::post, "/messages"), 404);
  EXPECT_EQ(knock(*a, "", http::Method::get, "/healthz"), 404);
}

TEST(PeerMessage, ComesBackAsItWasWritten) {
  PeerRequest request;
  request.principal = "alice|client";
  request.key = "key";
  request.asker = "10.0.0.2:7070";
  request.letter.emplace();
  request.letter->messages = {R"({"a":"\"\n"})", "[]"};
  request.letter->negotiated.emplace();
  request.letter->negotiated->revision = mcp::Revision::r2025_03_26;
  request.letter->negotiated->capabilities.sampling = true;
  request.letter->reply = R"({"id":"q"})";
  request.letter->settles = true;
  request.letter->cancelled = "\"7\"";

  const std::optional<PeerRequest> read = read_peer_request(peer_request_text(request));

  ASSERT_TRUE(read && read->letter);
  EXPECT_EQ(read->principal, request.principal);
  EXPECT_EQ(read->key, request.key);
  EXPECT_EQ(read->asker, request.asker);
  EXPECT_EQ(read->letter->messages, request.letter->messages);
  EXPECT_EQ(read->letter->negotiated, request.letter->negotiated);
  EXPECT_EQ(read->letter->reply, request.letter->reply);
  EXPECT_TRUE(read->letter->settles);
  EXPECT_EQ(read->letter->cancelled, request.letter->cancelled);
}

TEST(PeerMessage, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"principal":"a"})", R"({"principal":"a","key":1})",
        R"({"principal":"a","key":"k","letter":{}})",
        R"({"principal":"a","key":"k","letter":{"messages":[1]}})"}) {
    EXPECT_FALSE(read_peer_request(text)) << text;
  }
}

TEST(PeerAddress, IsWhatOthersCanReach) {
  EXPECT_EQ(*advertised_peer_address("10.0.0.1:0", 7070, ""), "10.0.0.1:7070");
  EXPECT_EQ(*advertised_peer_address("[fd00::1]:7070", 7070, ""), "[fd00::1]:7070");
  EXPECT_EQ(*advertised_peer_address("0.0.0.0:7070", 7070, "gatehouse-1"), "gatehouse-1:7070");
  EXPECT_EQ(*advertised_peer_address("0.0.0.0:7070", 7070, "10.0.0.1:9"), "10.0.0.1:9");
  EXPECT_EQ(*advertised_peer_address("[::]:7070", 7070, "[fd00::1]"), "[fd00::1]:7070");
  EXPECT_EQ(*advertised_peer_address("[::]:7070", 7070, "[fd00::1]:9"), "[fd00::1]:9");
  for (const char* any : {"0.0.0.0:0", "[::]:0"}) {
    const auto found = advertised_peer_address(any, 7070, "");
    if (!found) continue;  // a machine without a network
    EXPECT_TRUE(found->ends_with(":7070")) << *found;
    EXPECT_FALSE(found->starts_with("127.") || found->starts_with("[::") ||
                 found->starts_with("0."))
        << *found;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
