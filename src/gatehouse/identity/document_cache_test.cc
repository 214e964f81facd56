// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/document_cache.h"

#include <gtest/gtest.h>

#include <vector>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"

namespace gatehouse::identity {
namespace {

using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::seconds;
using telemetry::RequestTrace;
using Cache = DocumentCache<std::string>;
using Outcome = base::Result<Cache::Parsed>;

constexpr auto kUrl = "https://example.com/keys";

base::Result<std::string> parse(std::string_view text) {
  if (text == "nonsense") return base::Error{base::Errc::invalid_argument, "nonsense"};
  return std::string(text);
}

// Answers "1", "2", ... with one Cache-Control.
struct Fixture {
  explicit Fixture(std::string cache_control = "max-age=1000")
      : cache(client, clock, DocumentCacheLimits(), parse) {
    client.set_script([this, cache_control](const SeenRequest&) -> ScriptedClient::Answer {
      if (status != 200) return ScriptedClient::answer(status, "");
      const auto text = nonsense ? "nonsense" : std::to_string(client.seen().size());
      return ScriptedClient::answer(200, text, {{"cache-control", cache_control}});
    });
  }
  Outcome get(const std::string& url = kUrl) {
    return http::await_for_test(loop, cache.get(url, RequestTrace::none()));
  }
  Outcome get_other_than(Cache::Parsed doubted) {
    return http::await_for_test(loop, cache.get_other_than(kUrl, doubted, RequestTrace::none()));
  }
  std::size_t fetches() const { return client.seen().size(); }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'500'000)};
  ScriptedClient client;
  Cache cache;
  int status = 200;
  bool nonsense = false;
};

TEST(DocumentCache, FetchesOnceForItsLifetime) {
  Fixture f;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(**f.get(), "1");
  EXPECT_EQ(f.fetches(), 1u);
  EXPECT_EQ(f.client.seen().front().url, kUrl);
  f.clock.advance(seconds(999));
  EXPECT_EQ(**f.get(), "1");
  f.clock.advance(seconds(1));
  EXPECT_EQ(**f.get(), "2");
}

TEST(DocumentCache, KeepsToBoundsWhateverTheAnswerSays) {
  const struct {
    const char* cache_control;
    int lifetime;
  } rows[] = {{"max-age=0", 300},
              {"no-store", 300},
              {"no-cache, max-age=600", 300},
              {"max-age=600", 600},
              {"max-age=99999999", 86'400},
              {"", 3'600},
              {"public", 3'600},
              {"max-age=nonsense", 3'600},
              {"max-age=-1", 3'600},
              {"public, max-age=21600, must-revalidate", 21'600}};
  for (const auto& row : rows) {
    Fixture f(row.cache_control);
    EXPECT_TRUE(f.get()) << row.cache_control;
    f.clock.advance(seconds(row.lifetime - 1));
    EXPECT_EQ(**f.get(), "1") << row.cache_control;
    f.clock.advance(seconds(1));
    EXPECT_EQ(**f.get(), "2") << row.cache_control;
  }
}

TEST(DocumentCache, ManyAtOnceShareOneFetch) {
  Fixture f;
  std::vector<std::optional<Outcome>> outcomes(50);
  const std::string url = kUrl;
  for (auto& outcome : outcomes)
    http::start_for_test(f.loop, f.cache.get(url, RequestTrace::none()), outcome);
  f.loop.run();
  for (const auto& outcome : outcomes) EXPECT_EQ(***outcome, "1");
  EXPECT_EQ(f.fetches(), 1u);
}

TEST(DocumentCache, ManyAtOnceShareOneFailure) {
  Fixture f;
  f.status = 503;
  std::vector<std::optional<Outcome>> outcomes(50);
  const std::string url = kUrl;
  for (auto& outcome : outcomes)
    http::start_for_test(f.loop, f.cache.get(url, RequestTrace::none()), outcome);
  f.loop.run();
  for (const auto& outcome : outcomes) EXPECT_FALSE(*outcome);
  EXPECT_EQ(f.fetches(), 1u);
}

// UP-04
TEST(DocumentCache, FetchesAnewForADoubterButNotOften) {
  Fixture f;
  const auto first = *f.get();
  const auto second = *f.get_other_than(first);
  EXPECT_EQ(*second, "2") << "it may have changed right after it was fetched";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*f.get_other_than(second), second);
  f.clock.advance(seconds(59));
  EXPECT_EQ(*f.get_other_than(second), second);
  EXPECT_EQ(f.fetches(), 2u);
  EXPECT_EQ(*f.get_other_than(first), second) << "somebody else fetched it already";
  f.clock.advance(seconds(1));
  EXPECT_EQ(**f.get_other_than(second), "3");
}

TEST(DocumentCache, KeepsServingWhenAFetchForADoubterFails) {
  Fixture f;
  const auto first = *f.get();
  f.clock.advance(seconds(60));
  f.status = 500;
  EXPECT_FALSE(f.get_other_than(first));
  EXPECT_EQ(*f.get(), first);
}

// GO-09, GO-10
TEST(DocumentCache, TriesAgainAtTheNextCallAfterAFailure) {
  Fixture f;
  for (const int status : {404, 500, 302, 204}) {
    f.status = status;
    const auto before = f.fetches();
    EXPECT_FALSE(f.get());
    EXPECT_FALSE(f.get());
    EXPECT_EQ(f.fetches(), before + 2) << status;
  }
  f.status = 200;
  f.nonsense = true;
  const auto refused = f.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "nonsense");
  f.nonsense = false;
  EXPECT_TRUE(f.get());
}

TEST(DocumentCache, ReportsTransportFailures) {
  Fixture f;
  for (const auto code : {base::Errc::timeout, base::Errc::unavailable}) {
    f.client.set_script([code](const SeenRequest&) { return ScriptedClient::failure(code); });
    const auto refused = f.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Errc::unavailable);
    f.clock.advance(seconds(2));
  }
}

TEST(DocumentCache, AnotherUrlIsAnotherDocument) {
  Fixture f;
  EXPECT_EQ(**f.get(), "1");
  const std::string other = "https://example.com/other";
  EXPECT_EQ(**f.get(other), "2");
}

}  // namespace
}  // namespace gatehouse::identity
