// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/registration_endpoint.h"

#include <gtest/gtest.h>

#include "gatehouse/base/json.h"
#include "gatehouse/oauth/client_test_keys.h"
#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

constexpr const char* kSmallest = R"({"redirect_uris":["https://client.example/cb"]})";

TEST(RegistrationEndpoint, StoresAClientAndEchoesIt) {  // DC-01
  ServerBench bench;
  TestRequest request(http::Method::post, "/register");
  request.body(kSmallest, "application/json; charset=utf-8");

  const http::Response response = bench.send(request);

  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
  const std::string id = json_field(response, "client_id");
  EXPECT_TRUE(id.starts_with("gth_app_"));
  EXPECT_EQ(json_field(response, "client_secret"), "");
  EXPECT_EQ(bench.keys(), std::vector<std::string>{"CLIENT#" + id});
}

TEST(RegistrationEndpoint, ShowsASecretOnceAndStoresItsHash) {  // DC-12
  ServerBench bench;
  const std::string answer =
      bench.register_client(R"(,"token_endpoint_auth_method":"client_secret_basic")");
  const std::string secret = answer.substr(answer.find(' ') + 1);
  EXPECT_EQ(secret.size(), 43u);
  EXPECT_EQ(bench.log.text().find(secret), std::string::npos);
}

TEST(RegistrationEndpoint, EchoesTheKeysOfAClientThatSigns) {
  ServerBench bench;
  TestRequest request(http::Method::post, "/register");
  const std::string jwks = client_test_keys().ec.jwks();
  request.body(R"({"redirect_uris":["https://client.example/cb"],"jwks":)" + jwks +
                   R"(,"token_endpoint_auth_method":"private_key_jwt",)" +
                   R"("token_endpoint_auth_signing_alg":"ES256"})",
               "application/json");
  const http::Response response = bench.send(request);
  ASSERT_EQ(response.status, 201) << response.body;
  const auto document = base::JsonDocument::parse(response.body);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().find("jwks")->to_text(), jwks);
  EXPECT_EQ(json_field(response, "token_endpoint_auth_method"), "private_key_jwt");
  EXPECT_EQ(json_field(response, "token_endpoint_auth_signing_alg"), "ES256");
  EXPECT_FALSE(document->root().find("client_secret"));
}

TEST(RegistrationEndpoint, RefusesAndStoresNothing) {
  ServerBench bench;
  TestRequest bad(http::Method::post, "/register");
  bad.body(R"({"redirect_uris":["javascript:x"]})", "application/json");
  const http::Response response = bench.send(bad);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json_field(response, "error"), "invalid_redirect_uri");
  TestRequest form(http::Method::post, "/register");
  form.body(kSmallest, "text/plain");
  EXPECT_EQ(bench.send(form).status, 415);
  const std::string refused = "\"event\":\"registration refused\",\"reason\":\"";  // I14
  EXPECT_NE(bench.log.text().find(refused + "invalid_redirect_uri"), std::string::npos);
  EXPECT_NE(bench.log.text().find(refused + "invalid_client_metadata"), std::string::npos);
  EXPECT_TRUE(bench.keys().empty());
}

TEST(RegistrationEndpoint, LimitsEachPeer) {
  ServerBench bench;
  for (int i = 0; i < 300; ++i) EXPECT_NE(bench.register_client(), "");
  TestRequest request(http::Method::post, "/register");
  request.body(kSmallest, "application/json");
  const http::Response refused = bench.send(request);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "3600");
  request.peer("192.0.2.8");
  EXPECT_EQ(bench.send(request).status, 201);
}

TEST(RegistrationEndpoint, SaysWhenTheStoreIsAway) {
  ServerBench bench;
  bench.store.failing = true;
  TestRequest request(http::Method::post, "/register");
  request.body(kSmallest, "application/json");
  const http::Response response = bench.send(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(header_of(response, "Retry-After"), "");
}

TEST(RegistrationEndpoint, HasNoConfigurationEndpoint) {  // DC-10
  ServerBench bench;
  for (const auto method : {http::Method::get, http::Method::put, http::Method::del}) {
    TestRequest request(method, "/register");
    EXPECT_EQ(bench.send(request).status, 405);
    TestRequest deeper(method, "/register/gth_app_x");
    EXPECT_EQ(bench.send(deeper).status, 404);
  }
}

// The registry alone, over the same records.
struct Registry {
  explicit Registry(ServerBench& bench)
      : fetcher(bench.documents, bench.clock),
        documents(bench.server.settings(), fetcher, bench.clock, bench.log),
        clients(bench.server.settings(), bench.records, documents, bench.clock, bench.random,
                bench.log) {}
  DocumentFetcher fetcher;
  ClientDocuments documents;
  ClientRegistry clients;
};

TEST(ClientRegistry, ForgetsUnusedClientsAndRenewsUsedOnes) {
  ServerBench bench;
  const std::string unused = bench.register_client();
  const std::string used = bench.register_client();
  EXPECT_EQ(bench.post("/token", bench.code_form(used, bench.code_for(used))).status, 200);
  Registry registry(bench);
  ClientRegistry& clients = registry.clients;

  bench.clock.advance(std::chrono::hours(7 * 24));
  EXPECT_FALSE(run(clients.find(unused, telemetry::RequestTrace::none())));
  EXPECT_TRUE(run(clients.find(used, telemetry::RequestTrace::none())));

  bench.clock.advance(std::chrono::hours(40 * 24));
  EXPECT_EQ(bench.post("/token", bench.code_form(used, bench.code_for(used))).status, 200);
  bench.clock.advance(std::chrono::hours(80 * 24));
  EXPECT_TRUE(run(clients.find(used, telemetry::RequestTrace::none())));
  bench.clock.advance(std::chrono::hours(10 * 24));
  EXPECT_FALSE(run(clients.find(used, telemetry::RequestTrace::none())));
}

TEST(ClientRegistry, RefusesARecordSomebodyAltered) {
  ServerBench bench;
  const std::string mine = bench.register_client();
  const std::string theirs = bench.register_client();
  Registry registry(bench);
  ClientRegistry& clients = registry.clients;
  const auto source = run(bench.memory.get("CLIENT#" + theirs));
  const auto target = run(bench.memory.get("CLIENT#" + mine));
  store::Record swapped = **source;
  swapped.key = (*target)->key;
  swapped.generation = (*target)->generation + 1;
  ASSERT_TRUE(run(bench.memory.replace(swapped)));

  const auto found = run(clients.find(mine, telemetry::RequestTrace::none()));

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, Reason::invalid_client);
  EXPECT_NE(bench.log.text().find("client record does not open"), std::string::npos);
}

TEST(ClientRegistry, AsksTheStoreOnlyForItsOwnIdentifiers) {
  ServerBench bench;
  bench.store.failing = true;
  Registry registry(bench);
  ClientRegistry& clients = registry.clients;
  for (const std::string id : {"", "x", "http://c.example/meta", "gth_app_", "gth_app_#######",
                               "gth_app_AAAAAAAAAAAAAAAAAAAAAA\n"}) {
    const auto found = run(clients.find(id, telemetry::RequestTrace::none()));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().reason, Reason::invalid_client) << id;
  }
  const auto down =
      run(clients.find("gth_app_AAAAAAAAAAAAAAAAAAAAAA", telemetry::RequestTrace::none()));
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().reason, Reason::temporarily_unavailable);
  const auto elsewhere =
      run(clients.find("https://c.example/meta", telemetry::RequestTrace::none()));
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().reason, Reason::client_document_unreachable);
}

}  // namespace
}  // namespace gatehouse::oauth
