// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_documents.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <vector>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/oauth/client_document.h"

namespace gatehouse::oauth {
namespace {

using base::Errc;
using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::seconds;
using Outcome = Judged<Client>;

const std::string kUrl = "https://app.example/client.json";
const std::string kKnown = "https://claude.ai/oauth/claude-code-client-metadata";

std::string document_of(const std::string& url, const std::string& name = "App") {
  return R"({"client_id":")" + url + R"(","client_name":")" + name +
         R"(","redirect_uris":["https://app.example/cb"]})";
}

ClientDocumentLimits small_limits() {
  ClientDocumentLimits limits;
  limits.documents_max = 3;
  limits.fetches_at_once_max = 2;
  limits.fetches_per_host_and_minute = 5;
  return limits;
}

// Hosts that answer with what is asked for, until told otherwise.
struct Fixture {
  explicit Fixture(ClientDocumentLimits limits = {})
      : fetcher(client, clock, limits), documents(settings, fetcher, clock, log, limits) {
    client.set_script([this](const SeenRequest& request) -> ScriptedClient::Answer {
      if (failure) return ScriptedClient::failure(*failure);
      return ScriptedClient::answer(status, body.empty() ? document_of(request.url, name) : body,
                                    {{"Content-Type", type}, {"Cache-Control", cache_control}});
    });
  }

  Outcome find(const std::string& url = kUrl) {
    return http::await_for_test(loop, documents.find(url, trace));
  }
  std::string refusal(const std::string& url = kUrl) {
    const Outcome outcome = find(url);
    if (outcome) return "found";
    return outcome.error().reason == Reason::client_document_refused ? "refused" : "unreachable";
  }
  std::vector<Outcome> find_at_once(const std::vector<std::string>& urls) {
    std::vector<std::optional<Outcome>> results(urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i) {
      http::start_for_test(loop, documents.find(urls[i], trace), results[i]);
    }
    loop.restart();
    loop.run();
    std::vector<Outcome> outcomes;
    for (auto& result : results) outcomes.push_back(*std::move(result));
    return outcomes;
  }
  std::size_t fetches() const { return client.seen().size(); }
  bool has_logged(std::string_view text) const {
    return log.text().find(text) != std::string::npos;
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'500'000)};
  telemetry::MemoryLog log;
  base::SeededRandom random{3};
  const telemetry::RequestTrace trace{{}, random};
  AuthorizationServerSettings settings;
  ScriptedClient client;
  DocumentFetcher fetcher;
  ClientDocuments documents;
  std::optional<Errc> failure;
  int status = 200;
  std::string type = "application/json";
  std::string cache_control = "max-age=600";
  std::string name = "App";
  std::string body;
};

TEST(ClientDocuments, FindsAClientByItsUrl) {  // CI-01
  Fixture f;
  const Outcome client = f.find();
  ASSERT_TRUE(client);
  EXPECT_EQ(client->id.str(), kUrl);
  ASSERT_EQ(f.fetches(), 1u);
  const SeenRequest& request = f.client.seen().front();
  EXPECT_EQ(request.url, kUrl);
  EXPECT_EQ(request.method, http::Method::get);
  EXPECT_EQ(request.header("Accept"), "application/json");
  EXPECT_EQ(request.timeout, seconds(5));                      // CI-06
  EXPECT_EQ(request.body_bytes_max, kClientDocumentBytesMax);  // CI-05
  EXPECT_TRUE(request.bearer.empty());
}

TEST(ClientDocuments, LookNothingUpForAUrlOutOfOrder) {  // CI-03, CI-07, CI-19
  Fixture f;
  for (const char* url :
       {"https://127.0.0.1/c", "https://app.example/a/../c", "https://app.example",
        "https://app.example:8443/c", "https://u@app.example/c"}) {
    EXPECT_EQ(f.refusal(url), "refused") << url;
  }
  EXPECT_EQ(f.fetches(), 0u);
  EXPECT_TRUE(f.has_logged("has a dot segment"));
}

TEST(ClientDocuments, RefuseBadAnswersAndKeepNoneOfThem) {  // CI-02, CI-04, CI-14
  Fixture f;
  std::size_t fetches = 0;
  for (const int status : {301, 302, 303, 307, 308, 204, 206, 400, 404, 410}) {
    f.status = status;
    EXPECT_EQ(f.refusal(), "refused") << status;
    EXPECT_EQ(f.fetches(), ++fetches);
  }
  EXPECT_TRUE(f.has_logged("its host answered with status 302"));
  f.status = 200;
  for (const char* type : {"text/html", "", "application/json; charset=utf-16", "image/x+json"}) {
    f.type = type;
    EXPECT_EQ(f.refusal(), "refused") << type;
    EXPECT_EQ(f.fetches(), ++fetches);
  }
  f.type = "application/json";
  for (const std::string& body :
       {document_of("https://other.example/c"), std::string("nonsense")}) {
    f.body = body;
    EXPECT_EQ(f.refusal(), "refused") << body;
    EXPECT_EQ(f.fetches(), ++fetches);
    f.clock.advance(seconds(10));
  }
  EXPECT_EQ(f.documents.size(), 0u);
  f.body.clear();
  EXPECT_EQ(f.refusal(), "found") << "nothing was kept";
}

TEST(ClientDocuments, TellTroubleOnTheWayApart) {
  Fixture f;
  for (const int status : {401, 403, 408, 429, 500, 502, 503}) {
    f.status = status;
    EXPECT_EQ(f.refusal(), "unreachable") << status;
  }
  for (const Errc code : {Errc::timeout, Errc::unavailable}) {
    f.failure = code;
    EXPECT_EQ(f.refusal(), "unreachable");
  }
  f.failure = Errc::denied;  // too large
  EXPECT_EQ(f.refusal(), "refused");
}

TEST(ClientDocuments, TellStrangersNothingOfConnections) {
  Fixture f;
  f.failure = Errc::unavailable;
  const Outcome outcome = f.find();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().description.find("scripted failure"), std::string::npos);
  EXPECT_TRUE(f.has_logged("scripted failure"));
  EXPECT_TRUE(f.has_logged(f.trace.trace_id()));
  EXPECT_EQ(f.client.seen().back().header("traceparent"), "") << "nor of who asks us";
}

TEST(ClientDocuments, AreKeptWithinBoundsWhateverTheAnswerSays) {
  const struct {
    const char* cache_control;
    int lifetime;
  } rows[] = {{"max-age=0", 300},
              {"no-store", 300},
              {"max-age=600", 600},
              {"max-age=999999", 86'400},
              {"", 3'600}};
  for (const auto& row : rows) {
    Fixture f;
    f.cache_control = row.cache_control;
    EXPECT_TRUE(f.find());
    f.clock.advance(seconds(row.lifetime - 1));
    EXPECT_TRUE(f.find());
    EXPECT_EQ(f.fetches(), 1u) << row.cache_control;
    f.clock.advance(seconds(1));
    EXPECT_TRUE(f.find());
    EXPECT_EQ(f.fetches(), 2u) << row.cache_control;
  }
}

TEST(ClientDocuments, GoWhenUsedLongestAgo) {
  Fixture f(small_limits());
  for (const char* url : {"https://a.example/c", "https://b.example/c", "https://c.example/c",
                          "https://a.example/c", "https://d.example/c"}) {
    EXPECT_TRUE(f.find(url));
  }
  EXPECT_EQ(f.documents.size(), 3u);
  EXPECT_EQ(f.fetches(), 4u);
  EXPECT_TRUE(f.find("https://a.example/c"));
  EXPECT_EQ(f.fetches(), 4u);
  EXPECT_TRUE(f.find("https://b.example/c"));
  EXPECT_EQ(f.fetches(), 5u);
}

TEST(ClientDocuments, ManyAtOnceShareOneFetch) {
  Fixture f;
  for (const Outcome& outcome : f.find_at_once(std::vector<std::string>(50, kUrl))) {
    EXPECT_TRUE(outcome);
  }
  EXPECT_EQ(f.fetches(), 1u);
}

TEST(ClientDocuments, ManyAtOnceShareOneFailureAndTheNextAsksAnew) {
  Fixture f;
  f.status = 503;
  for (const Outcome& outcome : f.find_at_once(std::vector<std::string>(50, kUrl))) {
    EXPECT_FALSE(outcome);
  }
  EXPECT_EQ(f.fetches(), 1u);
  f.status = 200;
  EXPECT_TRUE(f.find());
}

TEST(ClientDocuments, ACancelledFetchLeavesTheOthersTheirs) {
  Fixture f;
  boost::asio::cancellation_signal gone;
  std::optional<Outcome> first;
  std::optional<Outcome> second;
  boost::asio::co_spawn(
      f.loop, http::keep_result(f.documents.find(kUrl, f.trace), first),
      boost::asio::bind_cancellation_slot(gone.slot(), [](std::exception_ptr) {}));
  http::start_for_test(f.loop, f.documents.find(kUrl, f.trace), second);
  f.loop.poll();
  gone.emit(boost::asio::cancellation_type::terminal);
  f.loop.run();
  EXPECT_FALSE(first);
  ASSERT_TRUE(second);
  EXPECT_TRUE(*second);
  EXPECT_EQ(f.fetches(), 2u);
}

TEST(ClientDocuments, FetchFewAtOnce) {
  Fixture f(small_limits());
  std::size_t unreachable = 0;
  for (const Outcome& outcome : f.find_at_once({"https://a.example/c", "https://b.example/c",
                                                "https://c.example/c", "https://d.example/c"})) {
    unreachable += outcome ? 0 : 1;
  }
  EXPECT_EQ(f.client.in_flight_max(), 2u);
  EXPECT_EQ(unreachable, 2u);
  EXPECT_TRUE(f.find("https://d.example/c")) << "the places are free again";
}

TEST(ClientDocuments, FetchOfOneHostSeldom) {
  Fixture f(small_limits());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(f.find("https://a.example/" + std::to_string(i)));
  EXPECT_EQ(f.refusal("https://A.example/6"), "unreachable");
  EXPECT_TRUE(f.find("https://b.example/c"));
  EXPECT_EQ(f.fetches(), 6u);
  f.clock.advance(seconds(60));
  EXPECT_TRUE(f.find("https://a.example/6"));
}

TEST(ClientDocuments, TheLastGoodCopyServesWhileItsHostIsAway) {
  Fixture f;
  EXPECT_TRUE(f.find());
  f.clock.advance(seconds(600));
  f.failure = Errc::timeout;
  ASSERT_TRUE(f.find());
  EXPECT_EQ(f.fetches(), 2u);
  EXPECT_TRUE(f.has_logged("last good copy"));
  EXPECT_TRUE(f.find());
  EXPECT_EQ(f.fetches(), 2u) << "not asked again at once";
  f.clock.advance(seconds(60));
  EXPECT_TRUE(f.find());
  EXPECT_EQ(f.fetches(), 3u);
  f.clock.advance(seconds(24 * 3'600));
  EXPECT_EQ(f.refusal(), "unreachable");
}

TEST(ClientDocuments, ADocumentTakenBackIsGoneAtOnce) {
  Fixture f;
  EXPECT_TRUE(f.find());
  f.clock.advance(seconds(600));
  f.status = 404;
  EXPECT_EQ(f.refusal(), "refused");
  f.failure = Errc::timeout;
  EXPECT_EQ(f.refusal(), "unreachable") << "no copy is left";
}

TEST(ClientDocuments, AChangedDocumentCounts) {
  Fixture f;
  EXPECT_EQ(f.find()->name, "App");
  f.name = "Other";
  f.clock.advance(seconds(600));
  EXPECT_EQ(f.find()->name, "Other");
}

TEST(ClientDocuments, AKnownClientServesFromItsCopyUntilItsHostAnswers) {
  Fixture f;
  f.status = 403;
  const Outcome copy = f.find(kKnown);
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->name, "Claude Code");
  EXPECT_TRUE(f.has_logged("the copy in this release serves"));
  EXPECT_TRUE(f.find(kKnown));
  EXPECT_EQ(f.fetches(), 1u) << "not asked again at once";
  f.clock.advance(seconds(60));
  f.status = 200;
  EXPECT_EQ(f.find(kKnown)->name, "App");
  f.clock.advance(seconds(600));
  f.status = 404;
  EXPECT_EQ(f.refusal(kKnown), "refused") << "what the host answers counts more";
}

TEST(ClientDocuments, FetchNothingThatADocumentNames) {  // CI-18
  Fixture f;
  f.body = document_of(kUrl);
  f.body.insert(f.body.size() - 1,
                R"(,"logo_uri":"https://10.0.0.1/l.png","jwks_uri":"https://10.0.0.1/keys")");
  EXPECT_TRUE(f.find());
  EXPECT_EQ(f.fetches(), 1u);
}

}  // namespace
}  // namespace gatehouse::oauth
