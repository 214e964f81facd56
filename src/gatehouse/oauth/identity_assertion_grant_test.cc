// SPDX-License-Identifier: Apache-2.0
//
// Assertions about people at the token endpoint, from the provider's keys to the grant.
#include "gatehouse/oauth/identity_assertion_grant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gatehouse/oauth/client_test_keys.h"
#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kIssuer = "https://acme.okta.example";
const std::string kPublished = "https://app.example/client.json";

AuthorizationServerSettings settings_with(std::vector<std::string> issuers) {
  AuthorizationServerSettings settings = ServerBench::default_settings();
  settings.enterprise_issuers = std::move(issuers);
  Client client;
  client.id = base::ClientId("acme-assistant");
  client.redirect_uris = {"https://client.example/cb"};
  settings.clients.push_back(client);
  return settings;
}

class IdentityAssertionGrantTest : public testing::Test {
 protected:
  IdentityAssertionGrantTest() { publish(keys.ec.jwks()); }

  // The provider, with these keys at its own origin.
  void publish(const std::string& jwks, const std::string& keys_at = kIssuer + "/keys") {
    bench.issuers.set_script([jwks, keys_at](const http::SeenRequest& request) {
      if (request.url == kIssuer + "/.well-known/openid-configuration") {
        return answer(R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + keys_at + "\"}");
      }
      return request.url == keys_at ? answer(jwks) : http::ScriptedClient::answer(404, "");
    });
  }
  static http::ScriptedClient::Answer answer(const std::string& body) {
    return http::ScriptedClient::answer(200, body, {{"Content-Type", "application/json"}});
  }

  std::string claims(const std::string& jti, const std::string& client = "acme-assistant",
                     const std::string& more = "") const {
    const std::int64_t now = base::epoch_seconds(bench.clock.now());
    return R"({"iss":")" + kIssuer + R"(","sub":"U1","aud":"https://gate.example","client_id":")" +
           client + R"(","email":"ada@example.com","jti":")" + jti + R"(","iat":)" +
           std::to_string(now) + R"(,"exp":)" + std::to_string(now + 300) + more + "}";
  }
  static std::string sign(const ClientTestKey& key, const std::string& claims) {
    return key.sign_under(
        R"({"typ":"oauth-id-jag+jwt","alg":")" + key.algorithm() + R"(","kid":"e"})", claims);
  }
  std::string good(const std::string& jti) const { return sign(keys.ec, claims(jti)); }

  http::Response present(const std::string& assertion, const http::FormFields& more = {},
                         const std::string& client = "acme-assistant") {
    http::FormFields form{{"grant_type", std::string(kIdentityAssertionGrant)},
                          {"client_id", client},
                          {"assertion", assertion}};
    form.insert(form.end(), more.begin(), more.end());
    return bench.post("/token", form);
  }
  static std::string outcome(const http::Response& response) {
    const std::string status = std::to_string(response.status);
    return response.status == 200 ? status : status + " " + json_field(response, "error");
  }
  vault::LiveGrantPtr grant_of(const http::Response& response) {
    const std::string token = json_field(response, "access_token");
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant);
    return *grant;
  }
  bool log_says(const std::string& words) const {
    return bench.log.text().find(words) != std::string::npos;
  }

  ServerBench bench{settings_with({kIssuer})};
  const ClientTestKeys& keys = client_test_keys();
};

TEST_F(IdentityAssertionGrantTest, GivesTokensOfAGrantThatAwaitsItsAccount) {
  const http::Response response = present(good("1"));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json_field(response, "token_type"), "Bearer");
  EXPECT_EQ(json_field(response, "scope"), "workspace.read") << "the least, as nobody named any";
  EXPECT_FALSE(json_field(response, "refresh_token").empty());
  const vault::LiveGrantPtr grant = grant_of(response);
  EXPECT_TRUE(grant->awaits_account());
  EXPECT_EQ(grant->client.str(), "acme-assistant");
  EXPECT_EQ(grant->resource, "https://gate.example/mcp");
  EXPECT_EQ(grant->expires, bench.clock.now() + 168h);
  EXPECT_EQ(bench.count("TXN#jti-"), 1u);
}

TEST_F(IdentityAssertionGrantTest, KeepsThePersonFromOneAssertionToTheNext) {
  const vault::LiveGrantPtr one = grant_of(present(good("1")));
  const vault::LiveGrantPtr two = grant_of(present(good("2")));
  EXPECT_EQ(one->origin, two->origin);
  EXPECT_NE(one->id, two->id);
}

TEST_F(IdentityAssertionGrantTest, RotatesItsRefreshTokenAsEver) {
  const http::Response first = present(good("1"));
  const http::Response next =
      bench.post("/token", {{"grant_type", "refresh_token"},
                            {"client_id", "acme-assistant"},
                            {"refresh_token", json_field(first, "refresh_token")}});
  ASSERT_EQ(next.status, 200) << next.body;
  EXPECT_NE(json_field(next, "refresh_token"), json_field(first, "refresh_token"));
  EXPECT_TRUE(grant_of(next)->awaits_account());
}

TEST_F(IdentityAssertionGrantTest, WorksOnceOnAnyReplica) {
  const std::string assertion = good("1");
  EXPECT_EQ(outcome(present(assertion)), "200");
  EXPECT_EQ(outcome(present(assertion)), "400 invalid_grant");
  AuthorizationServer replica(settings_with({kIssuer}), bench.grants, bench.records,
                              bench.documents, bench.issuers, bench.clock, bench.random, bench.log);
  http::Router router;
  for (http::Route& route : replica.routes()) router.add(std::move(route));
  TestRequest request(http::Method::post, "/token");
  request.form({{"grant_type", std::string(kIdentityAssertionGrant)},
                {"client_id", "acme-assistant"},
                {"assertion", assertion}});
  EXPECT_EQ(outcome(run(router.handle(request.get()))), "400 invalid_grant");
  EXPECT_TRUE(log_says("it was used before"));
}

TEST_F(IdentityAssertionGrantTest, IdsAreAPersonsOwn) {
  EXPECT_EQ(outcome(present(good("1"))), "200");
  std::string other = claims("1");
  other.replace(other.find("\"U1\""), 4, "\"U2\"");
  EXPECT_EQ(outcome(present(sign(keys.ec, other))), "200");
}

TEST_F(IdentityAssertionGrantTest, RefusesWhatNoTrustedProviderSigned) {
  std::string unknown = claims("1");
  unknown.replace(unknown.find(kIssuer), kIssuer.size(), "https://other.example");
  const struct {
    const char* name;
    std::string assertion;
    const char* logged;
  } rows[] = {
      {"a stranger's key", sign(keys.stranger, claims("2")), "it is not signed by a key of iss"},
      {"a key it does not publish", sign(keys.rsa, claims("3")),
       "it is not signed by a key of iss"},
      {"an issuer nobody named", sign(keys.ec, unknown), "iss is not among"},
      {"an ID token of the same provider", keys.ec.sign(claims("4")), "typ of its header"},
      {"a client's name of another", sign(keys.ec, claims("5", "acme-other")),
       "client_id is not the client"},
      {"no JWT", "none", "no compact JWT"},
  };
  for (const auto& row : rows) {
    const http::Response response = present(row.assertion);
    EXPECT_EQ(outcome(response), "400 invalid_grant") << row.name;
    EXPECT_THAT(json_field(response, "error_description"), Not(HasSubstr("key"))) << row.name;
    EXPECT_TRUE(log_says(row.logged)) << row.name;
  }
  EXPECT_EQ(bench.count("GRANT#"), 0u);
  EXPECT_EQ(bench.count("TXN#"), 0u) << "what is refused is not used up";
  EXPECT_FALSE(log_says("eyJ"));
  EXPECT_FALSE(log_says("ada@"));
}

TEST_F(IdentityAssertionGrantTest, AsksForKeysWhenOneIsNewAndNotForEveryForgery) {
  EXPECT_EQ(outcome(present(good("1"))), "200");
  publish(R"({"keys":[)" + keys.rsa.jwk() + "," + keys.ec.jwk() + "]}");
  const auto rotated = [&](const std::string& jti) {
    return keys.rsa.sign_under(R"({"typ":"oauth-id-jag+jwt","alg":"RS256","kid":"r"})",
                               claims(jti));
  };
  EXPECT_EQ(outcome(present(rotated("2"))), "400 invalid_grant") << "asked a moment ago";
  bench.clock.advance(61s);
  EXPECT_EQ(outcome(present(rotated("3"))), "200");
  const std::size_t asked = bench.issuers.seen().size();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(outcome(present(sign(keys.stranger, claims("4")))), "400 invalid_grant");
  }
  EXPECT_EQ(bench.issuers.seen().size(), asked);
}

TEST_F(IdentityAssertionGrantTest, TellsAProviderThatIsAwayFromABadAssertion) {
  const std::string assertion = good("1");
  bench.issuers.set_script(
      [](const auto&) { return http::ScriptedClient::failure(base::Errc::unavailable); });
  EXPECT_EQ(outcome(present(assertion)), "503 temporarily_unavailable");
  publish(keys.ec.jwks());
  EXPECT_EQ(outcome(present(assertion)), "200");
}

TEST_F(IdentityAssertionGrantTest, FetchesKeysThatLieElsewhereFromPublicAddressesOnly) {
  publish("none", "https://keys.example/acme");
  bench.documents.set_script([this](const http::SeenRequest& request) {
    EXPECT_EQ(request.url, "https://keys.example/acme");
    return answer(keys.ec.jwks());
  });
  EXPECT_EQ(outcome(present(good("1"))), "200");
  publish("none", "https://10.0.0.1/keys");
  bench.clock.advance(2h);
  EXPECT_EQ(outcome(present(good("2"))), "400 invalid_grant");
  EXPECT_TRUE(log_says("jwks_uri has a host that is not a domain name"));
}

TEST_F(IdentityAssertionGrantTest, FindsMetadataAtEitherAddress) {
  bench.issuers.set_script([this](const http::SeenRequest& request) {
    if (request.url == kIssuer + "/.well-known/oauth-authorization-server") {
      return answer(R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + kIssuer + "/keys\"}");
    }
    return request.url == kIssuer + "/keys" ? answer(keys.ec.jwks())
                                            : http::ScriptedClient::answer(404, "");
  });
  EXPECT_EQ(outcome(present(good("1"))), "200");
  const std::size_t asked = bench.issuers.seen().size();
  EXPECT_EQ(asked, 3u);
  EXPECT_EQ(outcome(present(good("2"))), "200");
  EXPECT_EQ(bench.issuers.seen().size(), asked);
}

TEST_F(IdentityAssertionGrantTest, GrantsWhatBothSidesName) {
  const std::string read = R"(,"scope":"workspace.read")";
  const std::string both = R"(,"scope":"workspace.read workspace.write")";
  const auto granted = [&](const std::string& jti, const std::string& more,
                           const std::string& asked) {
    const http::FormFields form =
        asked.empty() ? http::FormFields{} : http::FormFields{{"scope", asked}};
    const http::Response response =
        present(sign(keys.ec, claims(jti, "acme-assistant", more)), form);
    return response.status == 200 ? json_field(response, "scope") : outcome(response);
  };
  EXPECT_EQ(granted("1", both, ""), "workspace.read workspace.write");
  EXPECT_EQ(granted("2", read, "workspace.read workspace.write offline_access"), "workspace.read");
  EXPECT_EQ(granted("3", both, "workspace.read"), "400 invalid_scope");
  EXPECT_EQ(granted("4", read, "nothing.known"), "400 invalid_scope");
  EXPECT_EQ(granted("5", "", "workspace.write"), "workspace.write") << "it sets no limit";
  EXPECT_EQ(granted("6", R"(,"scope":"workspace.admin")", ""), "400 invalid_scope");
}

TEST_F(IdentityAssertionGrantTest, IsForOneResource) {
  EXPECT_EQ(outcome(present(good("1"), {{"resource", "https://other.example"}})),
            "400 invalid_target");
  EXPECT_EQ(outcome(present(good("1"), {{"resource", "https://gate.example/mcp"}})), "200");
}

TEST_F(IdentityAssertionGrantTest, IsForClientsThatSomebodyVouchesFor) {
  const std::string anybody = bench.register_client();
  EXPECT_EQ(outcome(present(sign(keys.ec, claims("1", anybody)), {}, anybody)),
            "400 unauthorized_client");

  const std::string registered =
      bench.register_client(R"(,"token_endpoint_auth_method":"client_secret_post")");
  const std::string id = registered.substr(0, registered.find(' '));
  const std::string secret = registered.substr(registered.find(' ') + 1);
  const std::string theirs = sign(keys.ec, claims("2", id));
  EXPECT_EQ(outcome(present(theirs, {}, id)), "401 invalid_client");
  EXPECT_EQ(outcome(present(theirs, {{"client_secret", secret}}, id)), "200");

  bench.documents.set_script([](const http::SeenRequest&) {
    return answer(R"({"client_id":")" + kPublished +
                  R"(","client_name":"App","redirect_uris":["https://client.example/cb"]})");
  });
  EXPECT_EQ(outcome(present(sign(keys.ec, claims("3", kPublished)), {}, kPublished)), "200");
}

TEST_F(IdentityAssertionGrantTest, WantsAnAssertion) {
  EXPECT_EQ(outcome(present("")), "400 invalid_request");
}

TEST_F(IdentityAssertionGrantTest, IsNotOfferedUnlessAProviderIsNamed) {
  ServerBench off(settings_with({}));
  const http::Response response =
      off.post("/token", {{"grant_type", std::string(kIdentityAssertionGrant)},
                          {"client_id", "acme-assistant"},
                          {"assertion", good("1")}});
  EXPECT_EQ(outcome(response), "400 unsupported_grant_type");
  EXPECT_TRUE(off.issuers.seen().empty());
}

TEST_F(IdentityAssertionGrantTest, SurvivesAStoreThatFails) {
  EXPECT_EQ(outcome(present(good("1"))), "200");
  bench.store.failing = true;
  EXPECT_EQ(outcome(present(good("2"))), "503 temporarily_unavailable");
  bench.store.failing = false;
  EXPECT_EQ(outcome(present(good("2"))), "200") << "it was not used up";
}

}  // namespace
}  // namespace gatehouse::oauth
