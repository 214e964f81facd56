// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/token_endpoint.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"
#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

http::FormFields with(http::FormFields fields, const std::string& name, std::string value) {
  std::erase_if(fields, [&name](const auto& field) { return field.first == name; });
  fields.emplace_back(name, std::move(value));
  return fields;
}

http::FormFields without(http::FormFields fields, const std::string& name) {
  std::erase_if(fields, [&name](const auto& field) { return field.first == name; });
  return fields;
}

// "200" or "STATUS error".
std::string outcome(const http::Response& response) {
  std::string text = std::to_string(response.status);
  if (response.status != 200) text += " " + json_field(response, "error");
  return text;
}

class TokenEndpointTest : public testing::Test {
 protected:
  ServerBench bench;
  const std::string app = bench.register_client();
  const std::string code = bench.code_for(app);
  const http::FormFields good = bench.code_form(app, code);

  std::string send(const http::FormFields& fields) { return outcome(bench.post("/token", fields)); }
  http::FormFields refresh_form(const std::string& token) const {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", app}};
  }
  std::string access_outcome(const std::string& token) {
    const auto grant = run(bench.grants.authenticate(token));
    return grant ? "live" : "dead";
  }
};

TEST_F(TokenEndpointTest, GivesTokensForACode) {  // TK-01
  const http::Response response = bench.post("/token", good);

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(json_field(response, "token_type"), "Bearer");
  EXPECT_EQ(json_field(response, "scope"), "workspace.read");
  EXPECT_TRUE(json_field(response, "access_token").starts_with("gth_a_"));
  EXPECT_TRUE(json_field(response, "refresh_token").starts_with("gth_r_"));
  const auto document = base::JsonDocument::parse(response.body);
  EXPECT_EQ(document->root().find_integer("expires_in"), 3600);
  EXPECT_EQ(access_outcome(json_field(response, "access_token")), "live");
}

TEST_F(TokenEndpointTest, KeepsTheCodeWhenAWrongRequestComesFirst) {
  const std::string other = bench.register_client();
  EXPECT_EQ(send(with(good, "client_id", other)), "400 invalid_grant");  // TK-06
  EXPECT_EQ(send(with(good, "redirect_uri", "https://client.example/other")),
            "400 invalid_grant");                                                           // TK-08
  EXPECT_EQ(send(without(good, "code_verifier")), "400 invalid_request");                   // TK-09
  EXPECT_EQ(send(with(good, "resource", "https://other.example/")), "400 invalid_target");  // TK-17
  EXPECT_EQ(send(with(good, "code_verifier", std::string(43, 'x'))), "400 invalid_grant");  // TK-02
  EXPECT_EQ(send(good), "200");
}

TEST_F(TokenEndpointTest, AcceptsWhatClientsReallySend) {
  auto fields = good;
  fields.emplace_back("resource", "https://gate.example/mcp");
  fields.emplace_back("resource", "https://gate.example/");
  fields.emplace_back("unknown", "x");
  EXPECT_EQ(send(without(fields, "redirect_uri")), "200");
}

TEST_F(TokenEndpointTest, RefusesOddVerifiersWithoutCountingThem) {  // TK-10
  for (int round = 0; round < 3; ++round) {
    for (const std::string& verifier :
         {std::string(42, 'a'), std::string(129, 'a'), std::string(50, '\0'),
          std::string("\xc3\xa4") + std::string(50, 'a'), std::string(50, ' ')}) {
      EXPECT_EQ(send(with(good, "code_verifier", verifier)), "400 invalid_request");
    }
  }
  EXPECT_EQ(send(good), "200");
}

TEST_F(TokenEndpointTest, BurnsACodeAfterFiveWrongVerifiers) {  // TK-02
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(send(with(good, "code_verifier", std::string(43, 'x'))), "400 invalid_grant");
  }
  EXPECT_EQ(send(good), "400 invalid_grant");
}

TEST_F(TokenEndpointTest, EndsEverythingWhenACodeIsUsedAgain) {  // TK-03
  const http::Response first = bench.post("/token", good);
  bench.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(send(good), "400 invalid_grant");
  EXPECT_EQ(access_outcome(json_field(first, "access_token")), "dead");
  EXPECT_EQ(send(refresh_form(json_field(first, "refresh_token"))), "400 invalid_grant");
}

TEST_F(TokenEndpointTest, JudgesTheCodeByItsOwnClock) {  // TK-04
  bench.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(send(good), "400 invalid_grant");
}

TEST_F(TokenEndpointTest, RefusesWhatIsNoTokenRequest) {
  EXPECT_EQ(send(without(good, "grant_type")), "400 invalid_request");
  EXPECT_EQ(send(without(good, "code")), "400 invalid_request");
  EXPECT_EQ(send(with(good, "code", "nonsense")), "400 invalid_grant");
  EXPECT_EQ(send(with(good, "code", std::string(15000, 'x'))), "400 invalid_grant");
  for (const char* name : {"code", "grant_type", "client_id"}) {  // TK-12
    auto fields = good;
    fields.emplace_back(name, "x");
    EXPECT_EQ(send(fields), "400 invalid_request") << name;
  }
  for (const char* type : {"password", "client_credentials", "implicit",
                           "urn:ietf:params:oauth:grant-type:device_code", "x"}) {  // TK-15
    EXPECT_EQ(send(with(good, "grant_type", type)), "400 unsupported_grant_type") << type;
  }
  TestRequest json(http::Method::post, "/token");  // TK-11
  json.body("{}", "application/json");
  EXPECT_EQ(outcome(bench.send(json)), "400 invalid_request");
}

TEST_F(TokenEndpointTest, RefusesClientsItCannotTell) {  // TK-14
  EXPECT_EQ(send(with(good, "client_id", "gth_app_AAAAAAAAAAAAAAAAAAAAAA")), "401 invalid_client");
  EXPECT_EQ(send(without(good, "client_id")), "401 invalid_client");
  EXPECT_EQ(send(with(good, "client_secret", "x")), "401 invalid_client");
  const http::Response in_form = bench.post("/token", with(good, "client_secret", "x"));
  EXPECT_EQ(header_of(in_form, "WWW-Authenticate"), "");

  TestRequest basic(http::Method::post, "/token");
  basic.form(good).header("Authorization", "Basic " + base::base64_encode(app + ":x"));
  const http::Response in_header = bench.send(basic);
  EXPECT_EQ(outcome(in_header), "401 invalid_client");
  EXPECT_TRUE(header_of(in_header, "WWW-Authenticate").starts_with("Basic "));
  EXPECT_EQ(send(good), "200");
}

TEST_F(TokenEndpointTest, AsksConfidentialClientsForTheirSecret) {
  const std::string answer =
      bench.register_client(R"(,"token_endpoint_auth_method":"client_secret_post")");
  const std::string id = answer.substr(0, answer.find(' '));
  const std::string secret = answer.substr(answer.find(' ') + 1);
  const http::FormFields fields = bench.code_form(id, bench.code_for(id));
  EXPECT_EQ(send(fields), "401 invalid_client");
  EXPECT_EQ(send(with(fields, "client_secret", secret + "x")), "401 invalid_client");
  TestRequest basic(http::Method::post, "/token");
  basic.form(without(fields, "client_id"))
      .header("Authorization", "Basic " + base::base64_encode(id + ":" + secret));
  EXPECT_EQ(outcome(bench.send(basic)), "200");
}

TEST_F(TokenEndpointTest, RotatesRefreshTokens) {  // RF-01
  const http::Response first = bench.post("/token", good);
  const std::string token = json_field(first, "refresh_token");
  const http::Response second = bench.post("/token", refresh_form(token));
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(json_field(second, "refresh_token"), token);
  // RF-02: an answer that was lost is given again.
  const http::Response again = bench.post("/token", refresh_form(token));
  EXPECT_EQ(json_field(again, "refresh_token"), json_field(second, "refresh_token"));
}

TEST_F(TokenEndpointTest, EndsTheFamilyAtALateReplay) {  // RF-03
  const std::string token = json_field(bench.post("/token", good), "refresh_token");
  const http::Response second = bench.post("/token", refresh_form(token));
  bench.clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(send(refresh_form(token)), "400 invalid_grant");
  EXPECT_EQ(send(refresh_form(json_field(second, "refresh_token"))), "400 invalid_grant");
}

TEST_F(TokenEndpointTest, ChecksARefreshBeforeItRotates) {
  const std::string other = bench.register_client();
  const http::FormFields form =
      refresh_form(json_field(bench.post("/token", good), "refresh_token"));
  EXPECT_EQ(send(with(form, "client_id", other)), "400 invalid_grant");  // RF-08
  EXPECT_EQ(send(with(form, "scope", "workspace.read workspace.write")),
            "400 invalid_scope");  // RF-09
  EXPECT_EQ(send(with(form, "scope", "a\"b")), "400 invalid_scope");
  EXPECT_EQ(send(with(form, "resource", "https://other.example/mcp")),
            "400 invalid_target");  // RF-10
  EXPECT_EQ(send(with(form, "resource", "nonsense")), "400 invalid_target");
  EXPECT_EQ(send(without(form, "refresh_token")), "400 invalid_request");
  bench.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(send(form), "200");
}

TEST_F(TokenEndpointTest, IgnoresUnknownScopesOnRefresh) {
  const http::FormFields form =
      refresh_form(json_field(bench.post("/token", good), "refresh_token"));
  const http::Response response =
      bench.post("/token", with(form, "scope", "workspace.read openid"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json_field(response, "scope"), "workspace.read");
}

TEST_F(TokenEndpointTest, GrantsNothingToWhoAsksForUnknownScopesOnly) {  // RF-09
  const http::FormFields form =
      refresh_form(json_field(bench.post("/token", good), "refresh_token"));
  EXPECT_EQ(send(with(form, "scope", "everything")), "400 invalid_scope");
  EXPECT_EQ(send(with(form, "scope", "openid email")), "400 invalid_scope");
  bench.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(send(with(form, "scope", "offline_access")), "200");  // and nothing had rotated
}

// What was asked for at the sign-in and not given is no reason to lose the session.
TEST_F(TokenEndpointTest, IgnoresScopesOnRefreshThatWereDeclinedAtTheSignIn) {  // UP-10
  const Scopes both{"workspace.read", "workspace.write"};
  const std::string code = bench.code_for(app, both, {"workspace.read"});
  const http::Response first = bench.post("/token", bench.code_form(app, code));
  EXPECT_EQ(json_field(first, "scope"), "workspace.read");
  const http::FormFields form = refresh_form(json_field(first, "refresh_token"));
  EXPECT_EQ(send(with(form, "scope", "workspace.write")), "400 invalid_scope");
  const http::Response second =
      bench.post("/token", with(form, "scope", "workspace.read workspace.write"));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(json_field(second, "scope"), "workspace.read");
}

TEST_F(TokenEndpointTest, GivesATokenEvenWhenGoogleGrantedNothingItCouldDo) {  // UP-10
  const std::string code = bench.code_for(app, {"workspace.read"}, {});
  const http::Response first = bench.post("/token", bench.code_form(app, code));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(json_field(first, "scope"), "");
  const auto grant = run(bench.grants.authenticate(json_field(first, "access_token")));
  ASSERT_TRUE(grant);
  EXPECT_EQ((*grant)->scopes, Scopes{});
  EXPECT_EQ((*grant)->declined, Scopes{"workspace.read"});
}

TEST_F(TokenEndpointTest, SaysInTheLogWhyItRefused) {  // I14
  const auto logged = [this](std::string_view event, std::string_view reason) {
    const std::string line = "\"event\":\"" + std::string(event) + "\"";
    const std::size_t at = bench.log.text().rfind(line);
    if (at == std::string::npos) return false;
    const std::string rest = bench.log.text().substr(at);
    return rest.find("\"reason\":\"" + std::string(reason) + "\"") != std::string::npos;
  };
  const std::string refused = "token request refused";
  bench.post("/token", with(good, "grant_type", "password"));
  EXPECT_TRUE(logged(refused, "unsupported_grant_type"));
  http::FormFields twice = good;
  twice.emplace_back("code", code);
  bench.post("/token", twice);
  EXPECT_TRUE(logged(refused, "invalid_request"));
  bench.post("/token", with(good, "client_id", "somebody"));
  EXPECT_TRUE(logged(refused, "invalid_client"));
  bench.post("/token", with(good, "code_verifier", std::string(43, 'x')));
  EXPECT_TRUE(logged(refused, "invalid_grant"));
  bench.post("/revoke", {{"client_id", app}});
  EXPECT_TRUE(logged("revocation refused", "invalid_request"));
  bench.post("/revoke", {{"client_id", "somebody"}, {"token", "x"}});
  EXPECT_TRUE(logged("revocation refused", "invalid_client"));
  bench.post("/revoke", {{"client_id", app}, {"token", "x"}});
  EXPECT_NE(bench.log.text().find("nothing to revoke"), std::string::npos);
  EXPECT_EQ(bench.log.text().find("grant revoked"), std::string::npos);
  EXPECT_EQ(bench.log.text().find(code), std::string::npos);
}

TEST_F(TokenEndpointTest, EndsSevenDaysAfterTheSignIn) {  // RF-17
  std::string token = json_field(bench.post("/token", good), "refresh_token");
  bench.clock.advance(std::chrono::hours(7 * 24) - std::chrono::minutes(10));
  const http::Response late = bench.post("/token", refresh_form(token));
  ASSERT_EQ(late.status, 200);
  const auto document = base::JsonDocument::parse(late.body);
  EXPECT_LE(document->root().find_integer("expires_in").value_or(9999), 600);
  bench.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(access_outcome(json_field(late, "access_token")), "dead");
  EXPECT_NE(send(refresh_form(json_field(late, "refresh_token"))), "200");
}

TEST_F(TokenEndpointTest, SaysWhenTheStoreIsAwayAndKeepsTheCode) {  // I13
  bench.store.failing = true;
  const http::Response down = bench.post("/token", good);
  EXPECT_EQ(outcome(down), "503 temporarily_unavailable");
  EXPECT_NE(header_of(down, "Retry-After"), "");
  bench.store.failing = false;
  EXPECT_EQ(send(good), "200");
}

TEST_F(TokenEndpointTest, WritesNoSecretIntoTheLog) {  // SC-01
  const http::Response first = bench.post("/token", good);
  send(good);
  for (const std::string& secret : {code, bench.verifier, json_field(first, "access_token"),
                                    json_field(first, "refresh_token")}) {
    EXPECT_EQ(bench.log.text().find(secret), std::string::npos);
  }
}

TEST_F(TokenEndpointTest, RevokesWhatTheClientOwns) {  // RF-11
  const http::Response tokens = bench.post("/token", good);
  const std::string access = json_field(tokens, "access_token");
  const std::string refresh = json_field(tokens, "refresh_token");
  const http::Response one = bench.post("/revoke", {{"token", access}, {"client_id", app}});
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(access_outcome(access), "dead");

  const http::Response renewed = bench.post("/token", refresh_form(refresh));
  ASSERT_EQ(renewed.status, 200);
  EXPECT_EQ(
      bench.post("/revoke", {{"token", json_field(renewed, "refresh_token")}, {"client_id", app}})
          .status,
      200);
  EXPECT_EQ(access_outcome(json_field(renewed, "access_token")), "dead");
}

TEST_F(TokenEndpointTest, RevokesNothingForOthers) {  // RF-12, RF-15
  const http::Response tokens = bench.post("/token", good);
  const std::string access = json_field(tokens, "access_token");
  const std::string other = bench.register_client();
  EXPECT_EQ(bench.post("/revoke", {{"token", access}, {"client_id", other}}).status, 200);
  EXPECT_EQ(bench.post("/revoke", {{"token", "x"}, {"client_id", app}}).status, 200);
  EXPECT_EQ(bench.post("/revoke", {{"token", std::string(15000, 'x')}, {"client_id", app}}).status,
            200);
  EXPECT_EQ(bench.post("/revoke", {{"token", std::string(17000, 'x')}, {"client_id", app}}).status,
            400);
  EXPECT_EQ(bench.post("/revoke", {{"client_id", app}}).status, 400);
  EXPECT_EQ(bench.post("/revoke", {{"token", access}}).status, 401);
  EXPECT_EQ(access_outcome(access), "live");
}

}  // namespace
}  // namespace gatehouse::oauth
