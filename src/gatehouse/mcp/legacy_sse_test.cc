// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_sse.h"

#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/relayed_answers.h"
#include "gatehouse/mcp/test_stage.h"

// What transcripts cannot show: testdata/sse_*.txt hold the rest.
namespace gatehouse::mcp {
namespace {

using namespace std::chrono_literals;

TestRequest get_sse() {
  TestRequest request;
  request.method = http::Method::get;
  request.target = "/sse";
  request.headers = {{"Accept", "text/event-stream"}};
  return request;
}

struct OpenStream {
  std::shared_ptr<http::EventStream> events;
  std::string target;  // for POSTs
};

OpenStream open_stream(Stage& stage, const TestRequest& request = get_sse()) {
  const http::Response response = stage.send(request);
  if (!response.stream) {
    ADD_FAILURE() << "no stream but " << response.status;
    return {};
  }
  const std::vector<std::string> events = events_of(*response.stream);
  if (events.size() != 1 || !events.front().starts_with("endpoint ")) ADD_FAILURE();
  return {response.stream, events.front().substr(9)};
}

TestRequest message(const OpenStream& stream, std::string body, std::size_t replica = 0) {
  TestRequest request = Stage::post(std::move(body));
  request.target = stream.target;
  request.replica = replica;
  return request;
}

std::string call(int id, const std::string& tool) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
         R"(,"method":"tools/call","params":{"name":")" + tool + R"("}})";
}

constexpr const char* kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";

TEST(LegacySse, NamesItsEvents) {
  Stage stage;
  const http::Response response = stage.send(get_sse());
  ASSERT_TRUE(response.stream);
  const std::string first = http::outgoing(*response.stream).take();
  EXPECT_TRUE(first.starts_with("event: endpoint\ndata: /messages?sessionId=")) << first;

  OpenStream stream{response.stream, first.substr(22, first.find('\n', 22) - 22)};
  EXPECT_EQ(stage.send(message(stream, kPing)).status, 202);
  EXPECT_EQ(http::outgoing(*response.stream).take(),
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n");
}

TEST(LegacySse, TwoStreamsNeverShareAnAddress) {  // SE-04
  Stage stage;
  EXPECT_NE(open_stream(stage).target, open_stream(stage).target);
}

TEST(LegacySse, SharesTheLimitOfStreamsWithTheOtherTransport) {  // T29
  EngineOptions options;
  options.streams_per_caller_max = 2;
  Stage stage(options);
  open_stream(stage);
  const OpenStream second = open_stream(stage);

  EXPECT_EQ(stage.send(get_sse()).status, 429);
  TestRequest of_bob = get_sse();
  of_bob.caller = "bob";
  open_stream(stage, of_bob);

  end_stream(*second.events);
  open_stream(stage);
  EXPECT_EQ(stage.sse().stream_count(), 3u);
  EXPECT_EQ(stage.engine().stream_count(), 3u);
}

TEST(LegacySse, SharesTheLimitOfCalls) {
  EngineOptions options;
  options.calls_per_caller_max = 1;
  Stage stage(options);
  const OpenStream stream = open_stream(stage);

  EXPECT_EQ(stage.send(message(stream, call(1, "sleep"))).status, 202);
  EXPECT_EQ(stage.send(message(stream, call(2, "sleep"))).status, 202);

  const std::vector<std::string> events = events_of(*stream.events);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_NE(events.front().find("Too many calls at once"), std::string::npos);
}

TEST(LegacySse, StreamAndAddressEndWithTheGrant) {
  Stage stage;
  stage.token_lifetime = 60s;
  const OpenStream stream = open_stream(stage);
  stage.clock.advance(61s);

  EXPECT_EQ(stage.send(message(stream, kPing)).status, 404);
}

TEST(LegacySse, AClosedStreamCancelsNothing) {
  Stage stage;
  const OpenStream stream = open_stream(stage);
  EXPECT_EQ(stage.send(message(stream, call(1, "sleep"))).status, 202);

  end_stream(*stream.events);
  EXPECT_EQ(stage.sse().stream_count(), 0u);
  stage.let_go();
  stage.run_ready();

  EXPECT_EQ(stage.cancelled(), 0);
  EXPECT_NE(stage.log.text().find("answer lost"), std::string::npos);
}

TEST(LegacySse, ARestartEndsStreams) {
  Stage stage;
  const OpenStream stream = open_stream(stage);
  stage.restart();
  EXPECT_EQ(stage.send(message(stream, kPing)).status, 404);
  EXPECT_EQ(stage.send(message(stream, kPing, 1)).status, 404);
}

TEST(LegacySse, AnswersThatCannotBeDeliveredAreLogged) {
  Stage stage;
  const OpenStream stream = open_stream(stage);
  EXPECT_EQ(stage.send(message(stream, call(1, "sleep"), 1)).status, 202);
  stage.relay_is_cut = true;
  stage.let_go();
  stage.run_ready();

  EXPECT_TRUE(events_of(*stream.events).empty());
  EXPECT_NE(stage.log.text().find("answer lost on its way"), std::string::npos);
  EXPECT_NE(stage.log.text().find("10.0.0.1:7000"), std::string::npos);
}

TEST(LegacySse, CallsUnderWayForOtherReplicasAreWaitedFor) {  // MR-03
  Stage stage;
  const OpenStream stream = open_stream(stage);
  EXPECT_EQ(stage.send(message(stream, call(1, "sleep"), 1)).status, 202);

  bool finished = false;
  const auto limit = std::chrono::steady_clock::now() + 20s;
  boost::asio::co_spawn(stage.loop, stage.sse(1).finish_relayed(limit),
                        [&](std::exception_ptr) { finished = true; });
  stage.run_ready();
  EXPECT_FALSE(finished);

  stage.let_go();
  stage.loop.restart();
  stage.loop.run_for(1s);
  EXPECT_TRUE(finished);
  EXPECT_EQ(events_of(*stream.events).size(), 1u);
}

// Keeps letters until they are let through, one at a time.
class SlowRelay final : public StreamRelay {
 public:
  explicit SlowRelay(boost::asio::io_context& loop) : gate_(loop.get_executor()) {
    gate_.expires_at(std::chrono::steady_clock::time_point::max());
  }
  const std::string& own_address() const override { return address_; }
  base::Task<Negotiated> probe(const StreamName&, bool) override { co_return Negotiated(); }
  base::Task<void> deliver(const StreamName&, const StreamLetter& letter) override {
    const boost::asio::use_awaitable_t<base::Executor> token;
    boost::system::error_code woken;
    letters.push_back(letter);
    co_await gate_.async_wait(boost::asio::redirect_error(token, woken));
    co_return base::Result<void>();
  }
  void let_one_through() { gate_.cancel(); }
  std::vector<StreamLetter> letters;

 private:
  Timer gate_;
  std::string address_ = "10.0.0.9:7000";
};

TEST(RelayedAnswers, GoOneLetterAtATimeInOrder) {
  boost::asio::io_context loop;
  SlowRelay relay(loop);
  telemetry::MemoryLog log;
  const auto underway = std::make_shared<std::size_t>(0);
  auto answers = std::make_shared<RelayedAnswers>(
      relay, log, loop.get_executor(), StreamName{"10.0.0.1:7000", "alice", "k"}, underway);
  answers->note_negotiated({Revision::r2025_06_18, {}});
  answers->add("1");
  loop.poll();
  answers->add("2");
  answers->add("3");
  answers->settle();
  answers.reset();
  loop.poll();
  ASSERT_EQ(relay.letters.size(), 1u);
  EXPECT_EQ(*underway, 1u);
  ASSERT_TRUE(relay.letters[0].negotiated);
  EXPECT_EQ(relay.letters[0].negotiated->revision, Revision::r2025_06_18);
  EXPECT_FALSE(relay.letters[0].settles);

  relay.let_one_through();
  loop.poll();
  ASSERT_EQ(relay.letters.size(), 2u);
  EXPECT_EQ(relay.letters[1].messages, (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(relay.letters[1].negotiated, std::nullopt);
  EXPECT_TRUE(relay.letters[1].settles);

  relay.let_one_through();
  loop.poll();
  EXPECT_EQ(*underway, 0u);
}

}  // namespace
}  // namespace gatehouse::mcp
