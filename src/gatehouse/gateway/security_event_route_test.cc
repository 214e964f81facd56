// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/security_event_route.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/identity/signing_test_keys.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::gateway {
namespace {

using http::ScriptedClient;
using identity::SigningKey;
using std::chrono::seconds;
using vault::testing::FaultyStore;
using vault::testing::refusal_of;
using vault::testing::World;

constexpr std::string_view kRisc = "https://schemas.openid.net/secevent/risc/event-type/";
constexpr std::string_view kOauth = "https://schemas.openid.net/secevent/oauth/event-type/";

// Making keys is slow; this one never changes.
const SigningKey& google_key() {
  static const SigningKey key("key-1");
  return key;
}

class SecurityEventRouteTest : public testing::Test {
 protected:
  SecurityEventRouteTest()
      : client_([this](const http::SeenRequest& request) { return google(request); }),
        reader_(settings(), client_, world_.clock, log_),
        route_(reader_, world_.vault(), log_) {}

  static identity::SecurityEventSettings settings() {
    identity::SecurityEventSettings settings;
    settings.client_id = "client-1";
    return settings;
  }

  ScriptedClient::Answer google(const http::SeenRequest& request) {
    if (google_is_down_) return ScriptedClient::failure(base::Errc::timeout);
    if (request.url.ends_with("/risc-configuration")) {
      return ScriptedClient::answer(200, R"({"issuer":"https://accounts.google.com/",)"
                                         R"("jwks_uri":"https://www.googleapis.com/certs"})");
    }
    return ScriptedClient::answer(200, R"({"keys":[)" + google_key().jwk() + "]}");
  }

  http::Response post(std::string body, const std::string& type = "application/secevent+jwt") {
    const std::vector<http::HeaderView> headers = {{"Content-Type", type}};
    const std::size_t size = body.size();
    body.append(64, '\0');
    http::Request request;
    request.method = http::Method::post;
    request.path = kSecurityEventPath;
    request.headers = headers;
    request.body = std::string_view(body).substr(0, size);
    request.peer = "192.0.2.7";
    const telemetry::RequestTrace trace({}, names_);
    request.trace = trace.named();
    const std::size_t before = log_.text().size();
    http::Response response = world_.await(route_.handle(request));
    expect_named(std::string_view(log_.text()).substr(before), trace.trace_id());
    return response;
  }

  // Every line that an event leaves has to name its request.
  static void expect_named(std::string_view lines, std::string_view trace_id) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      EXPECT_NE(line.find(trace_id), std::string_view::npos) << line;
      lines.remove_prefix(line.size() + 1);
    }
  }

  std::string signed_event(std::string_view family, std::string_view name,
                           const std::string& subject, std::string_view audience = "client-1",
                           seconds ago = seconds(0)) {
    const std::int64_t at = base::epoch_seconds(world_.clock.now() - ago);
    return google_key().sign(R"({"iss":"https://accounts.google.com/","aud":")" +
                             std::string(audience) + R"(","iat":)" + std::to_string(at) +
                             R"(,"jti":"1","events":{")" + std::string(family) + std::string(name) +
                             R"(":{"subject":{"subject_type":"iss-sub","iss":)" +
                             R"("https://accounts.google.com/","sub":")" + subject + R"("}}}})");
  }

  static std::string error_in(const http::Response& response) {
    const auto document = base::JsonDocument::parse(response.body);
    if (!document || !document->root().find_string("description")) return response.body;
    return std::string(document->root().find_string("err").value_or(""));
  }

  bool is_alive(const vault::IssuedTokens& tokens) {
    const auto live = world_.authenticate(tokens.access_token);
    EXPECT_TRUE(live || live.error().code == vault::Refused::ended);
    return static_cast<bool>(live);
  }

  World world_;
  telemetry::MemoryLog log_;
  ScriptedClient client_;
  identity::SecurityEventReader reader_;
  SecurityEventRoute route_;
  bool google_is_down_ = false;
  base::SeededRandom names_{99};
};

TEST_F(SecurityEventRouteTest, EndsTheSessionsOfTheOneItConcerns) {
  const std::pair<std::string_view, std::string_view> ending[] = {
      {kRisc, "sessions-revoked"},
      {kOauth, "tokens-revoked"},
      {kRisc, "account-disabled"},
      {kRisc, "account-purged"},
      {kRisc, "account-credential-change-required"}};
  const vault::IssuedTokens bob = world_.sign_in("bob");
  for (const auto& [family, name] : ending) {
    SCOPED_TRACE(name);
    const vault::IssuedTokens ann = world_.sign_in("ann");
    ASSERT_TRUE(is_alive(ann));

    const http::Response response = post(signed_event(family, name, "ann"));

    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.body, "");
    EXPECT_FALSE(is_alive(ann));
    EXPECT_TRUE(is_alive(bob));
    world_.clock.advance(seconds(1));
  }
  EXPECT_NE(log_.text().find("\"reason\":\"account-purged\""), std::string::npos) << log_.text();
}

TEST_F(SecurityEventRouteTest, NotesWhatEndsNothing) {
  const vault::IssuedTokens ann = world_.sign_in("ann");
  const std::pair<std::string_view, std::string_view> harmless[] = {
      {kRisc, "account-enabled"},
      {kRisc, "verification"},
      {kOauth, "token-revoked"},
      {"https://example.com/", "news"}};
  for (const auto& [family, name] : harmless) {
    EXPECT_EQ(post(signed_event(family, name, "ann")).status, 202) << name;
  }
  EXPECT_TRUE(is_alive(ann));
  EXPECT_EQ(world_.row("USER#"), nullptr);
}

TEST_F(SecurityEventRouteTest, EndsNoSessionThatBeganAfterTheEvent) {
  const vault::IssuedTokens earlier = world_.sign_in("ann");
  const std::string event = signed_event(kRisc, "sessions-revoked", "ann");
  world_.clock.advance(seconds(30));
  const vault::IssuedTokens later = world_.sign_in("ann");

  EXPECT_EQ(post(event).status, 202);  // late
  EXPECT_EQ(post(event).status, 202);  // and again

  EXPECT_FALSE(is_alive(earlier));
  EXPECT_TRUE(is_alive(later));
  EXPECT_NE(log_.text().find("security event known already"), std::string::npos);
}

TEST_F(SecurityEventRouteTest, TellsGoogleWhatIsWrong) {
  const vault::IssuedTokens ann = world_.sign_in("ann");
  const std::string good = signed_event(kRisc, "sessions-revoked", "ann");
  const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);
  const SigningKey impostor("key-1");
  const SigningKey stranger("key-2");
  const std::string payload = R"({"iss":"https://accounts.google.com/","aud":"client-1"})";
  const std::pair<std::string, std::string> rows[] = {
      {"", "invalid_request"},
      {"{}", "invalid_request"},
      {google_key().sign(payload), "invalid_request"},
      {stranger.sign(payload), "invalid_key"},
      {impostor.sign(payload), "authentication_failed"},
      {unsigned_part + "AAAA", "authentication_failed"},
      {google_key().sign(R"({"iss":"https://evil.example/"})"), "invalid_issuer"},
      {signed_event(kRisc, "sessions-revoked", "ann", "client-2"), "invalid_audience"},
      {signed_event(kRisc, "sessions-revoked", "ann", "client-1", seconds(-61)),
       "invalid_request"}};
  for (const auto& [body, expected] : rows) {
    SCOPED_TRACE(body);
    const http::Response response = post(body);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(error_in(response), expected);
  }
  const http::Response large = post(std::string(64 * 1024 + 1, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(error_in(large), "invalid_request");
  EXPECT_TRUE(is_alive(ann));
  EXPECT_EQ(log_.text().find(good.substr(good.rfind('.') + 1)), std::string::npos);
}

TEST_F(SecurityEventRouteTest, TakesAnEventWhateverItsTypeIsCalled) {
  for (const char* type : {"application/secevent+jwt", "application/jwt", "text/plain", ""}) {
    const vault::IssuedTokens ann = world_.sign_in("ann");
    EXPECT_EQ(post(signed_event(kRisc, "sessions-revoked", "ann") + "\r\n", type).status, 202);
    EXPECT_FALSE(is_alive(ann)) << type;
    world_.clock.advance(seconds(1));
  }
}

TEST_F(SecurityEventRouteTest, AsksGoogleToComeAgainWhenSomethingFails) {
  const vault::IssuedTokens ann = world_.sign_in("ann");
  const std::string event = signed_event(kRisc, "sessions-revoked", "ann");
  google_is_down_ = true;
  EXPECT_EQ(post(event).status, 503);
  google_is_down_ = false;
  for (const auto fault : {FaultyStore::Fault::before_commit, FaultyStore::Fault::after_commit}) {
    world_.store.fail_at(1, fault, true);
    const http::Response response = post(event);
    EXPECT_EQ(response.status, 503);
    ASSERT_FALSE(response.headers.empty());
    EXPECT_EQ(response.headers[0].name, "Retry-After");
    world_.store.heal();
  }

  EXPECT_EQ(post(event).status, 202);

  EXPECT_FALSE(is_alive(ann));
}

// NOEMPTY: what no session can be as old as leaves no record.
TEST_F(SecurityEventRouteTest, WritesNothingAboutTheDistantPast) {
  const auto week = std::chrono::hours(168);
  EXPECT_EQ(post(signed_event(kRisc, "sessions-revoked", "ann", "client-1", week)).status, 202);
  EXPECT_EQ(world_.row("USER#"), nullptr);
}

}  // namespace
}  // namespace gatehouse::gateway
