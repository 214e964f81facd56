// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_keys.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/oauth/client_test_keys.h"

namespace gatehouse::oauth {
namespace {

using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::seconds;

std::string set_of(const std::string& keys) { return R"({"keys":[)" + keys + "]}"; }

TEST(ClientKeySet, HoldsPublicKeysThatWeCanUse) {
  const std::string ec = client_test_keys().ec.jwk();
  const std::string rsa = client_test_keys().rsa.jwk();
  const struct {
    std::string jwks;
    const char* fault;  // a word of it; empty: accepted
    std::size_t keys = 0;
  } rows[] = {
      {set_of(ec), "", 1},
      {set_of(ec + "," + rsa), "", 2},
      {set_of(client_test_keys().unnamed.jwk()), "", 1},
      {set_of(R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"},)" + ec), "", 1},
      {set_of(""), "no key"},
      {set_of(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"), "no key"},
      {set_of(R"({"kty":"oct","k":"AA"})"), "symmetric"},
      {set_of(ec + R"(,{"kty":"EC","d":"AA"})"), "private"},
      {ec, "JWK set"},
      {"[" + ec + "]", "JWK set"},
      {"", "JWK set"},
      {R"({"keys":{}})", "JWK set"},
      {set_of(ec) + std::string(33'000, ' '), "32 KB"},
  };
  for (const auto& row : rows) {
    const auto keys = parse_client_keys(row.jwks);
    if (row.keys > 0) {
      ASSERT_TRUE(keys) << row.jwks << ": " << keys.error().description;
      EXPECT_EQ((*keys)->size(), row.keys);
      continue;
    }
    ASSERT_FALSE(keys) << row.jwks;
    EXPECT_NE(keys.error().description.find(row.fault), std::string::npos)
        << row.jwks << ": " << keys.error().description;
  }
}

// A host that publishes a key set until told otherwise.
struct Fixture {
  Fixture() {
    client.set_script([this](const SeenRequest&) -> ScriptedClient::Answer {
      if (failure) return ScriptedClient::failure(*failure);
      return ScriptedClient::answer(status, body, {{"Content-Type", type}});
    });
    app.id = base::ClientId("https://app.example/client.json");
    app.jwks_uri = "https://keys.example/jwks.json";
  }

  Judged<ClientKeySet> find() {
    return http::await_for_test(loop, keys.find(app, telemetry::RequestTrace::none()));
  }
  std::string outcome() {
    const auto found = find();
    if (found) return (*found)->has_key("r") ? "r" : "e";
    return found.error().description;
  }
  std::size_t fetches() const { return client.seen().size(); }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'500'000)};
  telemetry::MemoryLog log;
  ScriptedClient client;
  DocumentFetcher fetcher{client, clock};
  ClientKeys keys{fetcher, clock, log};
  Client app;
  std::optional<base::Errc> failure;
  int status = 200;
  std::string body = client_test_keys().ec.jwks();
  std::string type = "application/jwk-set+json";
};

TEST(ClientKeys, AreFetchedOnceAnHour) {
  Fixture f;
  EXPECT_EQ(f.outcome(), "e");
  EXPECT_EQ(f.client.seen().front().url, f.app.jwks_uri);
  EXPECT_EQ(f.client.seen().front().body_bytes_max, kClientKeysBytesMax);
  EXPECT_EQ(f.outcome(), "e");
  EXPECT_EQ(f.fetches(), 1u);
  f.body = client_test_keys().rsa.jwks();
  f.clock.advance(seconds(3'600));
  EXPECT_EQ(f.outcome(), "r");
}

TEST(ClientKeys, OfARegistrationAreNotFetched) {
  Fixture f;
  f.app.jwks = client_test_keys().rsa.jwks();
  EXPECT_EQ(f.outcome(), "r");
  EXPECT_FALSE(f.keys.doubt(f.app));
  f.app.jwks.clear();
  f.app.jwks_uri.clear();
  EXPECT_NE(f.outcome().find("has no keys"), std::string::npos);
  EXPECT_FALSE(f.keys.doubt(f.app));
  EXPECT_EQ(f.fetches(), 0u);
}

TEST(ClientKeys, AreAskedForAgainAtMostOnceAMinute) {
  Fixture f;
  EXPECT_EQ(f.outcome(), "e");
  f.body = client_test_keys().rsa.jwks();
  EXPECT_FALSE(f.keys.doubt(f.app)) << "asked a moment ago";
  EXPECT_EQ(f.outcome(), "e");
  f.clock.advance(seconds(60));
  EXPECT_TRUE(f.keys.doubt(f.app));
  EXPECT_EQ(f.outcome(), "r");
  EXPECT_FALSE(f.keys.doubt(f.app));
  EXPECT_EQ(f.fetches(), 2u);
}

TEST(ClientKeys, ServeForAnHourMoreWhileTheirHostIsAway) {
  Fixture f;
  EXPECT_EQ(f.outcome(), "e");
  f.failure = base::Errc::unavailable;
  f.clock.advance(seconds(3'600));
  EXPECT_EQ(f.outcome(), "e");
  EXPECT_FALSE(f.keys.doubt(f.app)) << "asked a moment ago, in vain";
  f.clock.advance(seconds(3'600));
  EXPECT_NE(f.outcome().find("could not be fetched; try again"), std::string::npos);
}

TEST(ClientKeys, AreRefusedWhenTheirHostBreaksThem) {
  Fixture f;
  EXPECT_EQ(f.outcome(), "e");
  f.clock.advance(seconds(3'600));
  f.body = R"({"keys":[]})";
  EXPECT_NE(f.outcome().find("jwks_uri is refused: the JWK set has no key"), std::string::npos);
  f.status = 404;
  EXPECT_NE(f.outcome().find("jwks_uri is refused: its host answered with status 404"),
            std::string::npos);
  f.status = 200;
  f.type = "text/html";
  EXPECT_NE(f.outcome().find("media type"), std::string::npos);
  EXPECT_NE(f.log.text().find("client key set refused"), std::string::npos);
}

TEST(ClientKeys, AreLookedForAtAddressesInOrderOnly) {  // CI-07, CI-18, CI-19
  Fixture f;
  for (const char* url :
       {"https://10.0.0.1/jwks", "https://localhost/jwks", "https://keys.example:8443/jwks",
        "http://keys.example/jwks", "https://keys.example/a/../jwks"}) {
    f.app.jwks_uri = url;
    EXPECT_TRUE(f.outcome().starts_with("jwks_uri ")) << url;
  }
  EXPECT_EQ(f.fetches(), 0u);
}

}  // namespace
}  // namespace gatehouse::oauth
