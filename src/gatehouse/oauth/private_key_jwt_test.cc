// SPDX-License-Identifier: Apache-2.0
//
// Clients that sign instead of showing a secret, at the endpoints that ask who is calling.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/oauth/client_assertion.h"
#include "gatehouse/oauth/client_test_keys.h"
#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

const std::string kPublished = "https://app.example/client.json";
const std::string kSigns = R"("token_endpoint_auth_method":"private_key_jwt")";

// "200", or "STATUS error: description".
std::string outcome(const http::Response& response) {
  std::string text = std::to_string(response.status);
  if (response.status == 200) return text;
  return text + " " + json_field(response, "error") + ": " +
         json_field(response, "error_description");
}

class PrivateKeyJwtTest : public testing::Test {
 protected:
  ServerBench bench;
  const ClientTestKeys& keys = client_test_keys();

  std::string register_with(const std::string& jwks, const std::string& more = "") {
    return bench.register_client("," + kSigns + ",\"jwks\":" + jwks + more);
  }

  std::string claims(const std::string& client, const std::string& jti,
                     const std::string& audience = "https://gate.example") const {
    return R"({"iss":")" + client + R"(","sub":")" + client + R"(","aud":")" + audience +
           R"(","jti":")" + jti + R"(","exp":)" +
           std::to_string(base::epoch_seconds(bench.clock.now()) + 300) + "}";
  }

  // A token request of a client that has a code.
  http::FormFields request(const std::string& client, const std::string& assertion) {
    http::FormFields form = bench.code_form(client, bench.code_for(client));
    form.emplace_back("client_assertion_type", std::string(kClientAssertionType));
    form.emplace_back("client_assertion", assertion);
    return form;
  }
  std::string token(const std::string& client, const std::string& assertion) {
    return outcome(bench.post("/token", request(client, assertion)));
  }

  // A client that publishes itself with these members, and its keys at jwks_uri.
  void publish(const std::string& members, std::string jwks) {
    bench.documents.set_script([members, jwks = std::move(jwks)](const http::SeenRequest& request) {
      const bool is_document = request.url == kPublished;
      const std::string document = R"({"client_id":")" + kPublished + R"(","client_name":"App",)" +
                                   members + R"(,"redirect_uris":["https://client.example/cb"]})";
      return http::ScriptedClient::answer(200, is_document ? document : jwks,
                                          {{"Content-Type", "application/json"}});
    });
  }
};

TEST_F(PrivateKeyJwtTest, ProvesARegisteredClient) {
  const std::string app =
      register_with(R"({"keys":[)" + keys.rsa.jwk() + "," + keys.ec.jwk() + "]}");
  EXPECT_EQ(token(app, keys.rsa.sign(claims(app, "1"))), "200");
  EXPECT_EQ(token(app, keys.ec.sign(claims(app, "2", "https://gate.example/token"))), "200");
  http::FormFields nameless = request(app, keys.ec.sign(claims(app, "3")));
  std::erase_if(nameless, [](const auto& field) { return field.first == "client_id"; });
  EXPECT_EQ(outcome(bench.post("/token", nameless)), "200") << "the assertion names the client";
}

TEST_F(PrivateKeyJwtTest, KeysNeedNoName) {
  const std::string app = register_with(keys.unnamed.jwks());
  EXPECT_EQ(token(app, keys.unnamed.sign(claims(app, "1"))), "200");
}

TEST_F(PrivateKeyJwtTest, RefusesWhatTheClientDidNotSign) {
  const std::string app = register_with(R"({"keys":[)" + keys.ec.jwk() + "]}");
  const std::string good = keys.ec.sign(claims(app, "1"));
  const std::size_t dot = good.rfind('.');
  const std::string other = register_with(keys.rsa.jwks());
  const struct {
    const char* name;
    std::string assertion;
    const char* word;  // of the reason
  } rows[] = {
      {"a stranger's key under the client's name", keys.stranger.sign(claims(app, "2")),
       "not signed by a key of the client"},
      {"another key", keys.rsa.sign(claims(app, "3")), "not signed by a key of the client"},
      {"no name of a key among several strangers", keys.unnamed.sign(claims(app, "4")),
       "not signed by a key of the client"},
      {"no signature", good.substr(0, dot + 1), "not signed by a key of the client"},
      {"alg none",
       base::base64url_encode(R"({"alg":"none"})") +
           good.substr(good.find('.'), dot - good.find('.')) + ".",
       "not signed by a key of the client"},
      {"HS256", keys.ec.sign_under(R"({"alg":"HS256","kid":"e"})", claims(app, "5")),
       "not signed by a key of the client"},
      {"RS256 with a key of ES256",
       keys.ec.sign_under(R"({"alg":"RS256","kid":"e"})", claims(app, "6")),
       "not signed by a key of the client"},
      {"an extension that must be understood",
       keys.ec.sign_under(R"({"alg":"ES256","kid":"e","crit":["b64"],"b64":false})",
                          claims(app, "7")),
       "not signed by a key of the client"},
      {"a key that the header brings along",
       keys.stranger.sign_under(R"({"alg":"ES256","jwk":)" + keys.stranger.jwk() + "}",
                                claims(app, "8")),
       "not signed by a key of the client"},
      {"altered claims",
       good.substr(0, good.find('.') + 1) + base::base64url_encode(claims(app, "9")) +
           good.substr(dot),
       "not signed by a key of the client"},
      {"another client's", keys.rsa.sign(claims(other, "10")), "client_id differs from the sub"},
      {"for somebody else", keys.ec.sign(claims(app, "11", "https://other.example")), "aud"},
      {"no JWT", "x", "no compact JWT"},
      {"too much", good + std::string(17'000, 'A'), ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string answer = token(app, row.assertion);
    EXPECT_TRUE(answer.starts_with("401 invalid_client: ") ||
                answer.starts_with("400 invalid_request: "))
        << answer;
    EXPECT_NE(answer.find(row.word), std::string::npos) << answer;
  }
  EXPECT_EQ(bench.count("TXN#jti-"), 0u) << "what proves nothing leaves no record";
  EXPECT_EQ(token(app, good), "200");
}

TEST_F(PrivateKeyJwtTest, IsRefusedBesideAnotherProofAndMissedWithoutOne) {
  const std::string app = register_with(keys.ec.jwks());
  const http::FormFields good = request(app, keys.ec.sign(claims(app, "1")));
  const auto changed = [&](const std::string& name, const std::string& value) {
    http::FormFields form = good;
    std::erase_if(form, [&name](const auto& field) { return field.first == name; });
    if (!value.empty()) form.emplace_back(name, value);
    return outcome(bench.post("/token", form));
  };
  EXPECT_NE(changed("client_secret", "s").find("two ways at once"), std::string::npos);
  EXPECT_NE(changed("client_assertion_type", "").find("client_assertion_type must be"),
            std::string::npos);
  EXPECT_NE(
      changed("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")
          .find("client_assertion_type must be"),
      std::string::npos);
  EXPECT_NE(changed("client_assertion", "").find("no compact JWT"), std::string::npos);
  EXPECT_NE(changed("client_id", "gth_app_AAAAAAAAAAAAAAAAAAAAAA").find("differs from the sub"),
            std::string::npos);
  TestRequest basic(http::Method::post, "/token");
  basic.form(good).header("Authorization", "Basic " + base::base64_encode(app + ":x"));
  EXPECT_NE(outcome(bench.send(basic)).find("two ways at once"), std::string::npos);

  http::FormFields bare = bench.code_form(app, bench.code_for(app));
  EXPECT_EQ(outcome(bench.post("/token", bare)),
            "401 invalid_client: this client authenticates by private_key_jwt: client_assertion is "
            "missing");
  bare.emplace_back("client_secret", "s");
  EXPECT_TRUE(outcome(bench.post("/token", bare)).starts_with("401 invalid_client"));
  EXPECT_EQ(outcome(bench.post("/token", good)), "200");
}

TEST_F(PrivateKeyJwtTest, ServesOnceOnAnyReplica) {
  const std::string app = register_with(keys.ec.jwks());
  const std::string other = register_with(keys.ec.jwks());
  AuthorizationServer replica(ServerBench::default_settings(), bench.grants, bench.records,
                              bench.documents, bench.issuers, bench.clock, bench.random, bench.log);
  http::Router replica_router;
  for (http::Route& route : replica.routes()) replica_router.add(std::move(route));

  const std::string assertion = keys.ec.sign(claims(app, "1"));
  EXPECT_EQ(token(app, assertion), "200");
  EXPECT_NE(token(app, assertion).find("was used before"), std::string::npos);
  EXPECT_NE(token(app, keys.ec.sign(claims(app, "1", "https://gate.example/token")))
                .find("was used before"),
            std::string::npos)
      << "signed anew with the same id";
  TestRequest elsewhere(http::Method::post, "/token");
  elsewhere.form(request(app, assertion));
  EXPECT_NE(outcome(run(replica_router.handle(elsewhere.get()))).find("was used before"),
            std::string::npos);
  EXPECT_EQ(token(other, keys.ec.sign(claims(other, "1"))), "200") << "another client's ids";
  EXPECT_EQ(bench.count("TXN#jti-"), 2u);
  bench.clock.advance(std::chrono::seconds(360));
  EXPECT_NE(token(app, assertion).find("expired"), std::string::npos);
}

TEST_F(PrivateKeyJwtTest, SaysWhenTheStoreIsAwayAndKeepsTheCode) {  // I13
  publish(kSigns + R"(,"jwks":)" + keys.ec.jwks(), "");
  const http::FormFields form = request(kPublished, keys.ec.sign(claims(kPublished, "1")));
  bench.store.failing = true;
  EXPECT_EQ(outcome(bench.post("/token", form)),
            "503 temporarily_unavailable: the client cannot be authenticated now; try again");
  bench.store.failing = false;
  EXPECT_EQ(outcome(bench.post("/token", form)), "200");
}

TEST_F(PrivateKeyJwtTest, IsAskedForWhenRevoking) {
  const std::string app = register_with(keys.ec.jwks());
  const http::Response issued = bench.post("/token", request(app, keys.ec.sign(claims(app, "1"))));
  http::FormFields form = {{"token", json_field(issued, "refresh_token")}, {"client_id", app}};
  EXPECT_TRUE(outcome(bench.post("/revoke", form)).starts_with("401 invalid_client"));
  form.emplace_back("client_assertion_type", std::string(kClientAssertionType));
  form.emplace_back("client_assertion", keys.ec.sign(claims(app, "2")));
  EXPECT_EQ(outcome(bench.post("/revoke", form)), "200");
  EXPECT_NE(outcome(bench.post("/revoke", form)).find("was used before"), std::string::npos);
  EXPECT_NE(bench.log.text().find("grant revoked"), std::string::npos);
}

TEST_F(PrivateKeyJwtTest, KeepsAClientToItsAlgorithm) {
  const std::string app =
      register_with(R"({"keys":[)" + keys.rsa.jwk() + "," + keys.ec.jwk() + "]}",
                    R"(,"token_endpoint_auth_signing_alg":"RS256")");
  EXPECT_NE(token(app, keys.ec.sign(claims(app, "1"))).find("alg must be RS256"),
            std::string::npos);
  EXPECT_EQ(token(app, keys.rsa.sign(claims(app, "2"))), "200");
}

TEST_F(PrivateKeyJwtTest, ProvesAPublishedClientByTheKeysBehindItsAddress) {
  publish(kSigns + R"(,"jwks_uri":"https://keys.example/jwks.json")", keys.ec.jwks());
  TestRequest begin(http::Method::get,
                    "/authorize?client_id=https%3A%2F%2Fapp.example%2Fclient.json");
  run(bench.server.authorization().read(begin.get()));
  EXPECT_EQ(bench.documents.seen().size(), 1u) << "the document only";
  EXPECT_TRUE(outcome(bench.post("/token", bench.code_form(kPublished, bench.code_for(kPublished))))
                  .starts_with("401 invalid_client"));
  EXPECT_EQ(bench.documents.seen().size(), 1u) << "nothing is fetched for who signs nothing";

  EXPECT_EQ(token(kPublished, keys.ec.sign(claims(kPublished, "1"))), "200");
  EXPECT_EQ(token(kPublished, keys.ec.sign(claims(kPublished, "2"))), "200");
  EXPECT_EQ(bench.documents.seen().size(), 2u);
  EXPECT_EQ(bench.documents.seen().back().url, "https://keys.example/jwks.json");
  EXPECT_EQ(bench.count("CLIENT#"), 0u);
}

TEST_F(PrivateKeyJwtTest, FollowsAPublishedClientToItsNewKeys) {
  const std::string members = kSigns + R"(,"jwks_uri":"https://keys.example/jwks.json")";
  publish(members, keys.ec.jwks());
  EXPECT_EQ(token(kPublished, keys.ec.sign(claims(kPublished, "1"))), "200");
  publish(members, keys.rsa.jwks());
  bench.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(token(kPublished, keys.rsa.sign(claims(kPublished, "2"))), "200");
  EXPECT_NE(token(kPublished, keys.ec.sign(claims(kPublished, "3"))).find("not signed by a key"),
            std::string::npos);
}

TEST_F(PrivateKeyJwtTest, TellsKeysThatAreAwayFromKeysThatAreBroken) {
  const std::string members = kSigns + R"(,"jwks_uri":"https://keys.example/jwks.json")";
  publish(members, R"({"keys":[]})");
  EXPECT_NE(token(kPublished, keys.ec.sign(claims(kPublished, "1")))
                .find("401 invalid_client: the key set at the client's jwks_uri is refused"),
            std::string::npos);
  bench.documents.set_script(
      [](const auto&) { return http::ScriptedClient::failure(base::Errc::unavailable); });
  const http::FormFields form = request(kPublished, keys.ec.sign(claims(kPublished, "2")));
  EXPECT_EQ(outcome(bench.post("/token", form)),
            "503 temporarily_unavailable: the key set at the client's jwks_uri could not be "
            "fetched; try again");
  publish(members, keys.ec.jwks());
  EXPECT_EQ(outcome(bench.post("/token", form)), "200") << "the code was not used up";
}

TEST_F(PrivateKeyJwtTest, IsOpenToClientsThatOfferBoth) {
  publish(R"("token_endpoint_auth_methods_supported":["private_key_jwt","none"],"jwks":)" +
              keys.ec.jwks(),
          "");
  EXPECT_EQ(token(kPublished, keys.ec.sign(claims(kPublished, "1"))), "200");
  EXPECT_EQ(outcome(bench.post("/token", bench.code_form(kPublished, bench.code_for(kPublished)))),
            "200");
  EXPECT_NE(token(kPublished, keys.stranger.sign(claims(kPublished, "2"))).find("not signed"),
            std::string::npos)
      << "what is presented counts";
}

TEST_F(PrivateKeyJwtTest, IsRefusedFromClientsWithoutKeys) {
  const std::string app = bench.register_client();
  EXPECT_NE(token(app, keys.ec.sign(claims(app, "1"))).find("the client has no keys"),
            std::string::npos);
}

TEST_F(PrivateKeyJwtTest, IsNeverLogged) {  // SC-01
  const std::string app = register_with(keys.ec.jwks());
  const std::string good = keys.ec.sign(claims(app, "id-in-no-log"));
  EXPECT_EQ(token(app, good), "200");
  EXPECT_NE(token(app, good), "200");
  EXPECT_EQ(bench.log.text().find(good.substr(0, 40)), std::string::npos);
  EXPECT_EQ(bench.log.text().find("id-in-no-log"), std::string::npos);
  EXPECT_NE(bench.log.text().find("was used before"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::oauth
