// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/configured_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

AuthorizationServerSettings settings() {
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  return settings;
}

std::string fault_of(std::string_view text) {
  const auto clients = parse_configured_clients(settings(), text);
  return clients ? "" : clients.error().detail;
}

// A list of one client with these members besides its id and address.
std::string with(const std::string& members) {
  return R"([{"client_id":"portal","redirect_uris":["https://portal.example/cb"],)" + members +
         "}]";
}

// SHA-256 of "open sesame".
constexpr const char* kDigest = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";

TEST(ConfiguredClients, AreReadAsWritten) {
  const auto clients = parse_configured_clients(
      settings(), R"([{"client_id":"portal.1","client_name":"Acme portal",)"
                  R"("redirect_uris":["https://portal.example/cb","http://127.0.0.1/cb"]},)"
                  R"({"client_id":"agent","redirect_uris":["https://agent.example/cb"],)"
                  R"("token_endpoint_auth_method":"client_secret_post","client_secret_sha256":")" +
                      std::string(kDigest) + R"("}])");
  ASSERT_TRUE(clients) << clients.error().detail;
  ASSERT_EQ(clients->size(), 2u);
  const Client& portal = clients->front();
  EXPECT_EQ(portal.id.str(), "portal.1");
  EXPECT_EQ(portal.name, "Acme portal");
  EXPECT_THAT(portal.redirect_uris,
              ElementsAre("https://portal.example/cb", "http://127.0.0.1/cb"));
  EXPECT_EQ(portal.authentication, ClientAuthentication::none);
  EXPECT_EQ(portal.secret_hash, "");
  const Client& agent = clients->back();
  EXPECT_EQ(agent.authentication, ClientAuthentication::secret_post);
  EXPECT_EQ(agent.secret_hash, "Qe9LsLI2YeZjAarDYGaRLawDeCe0rmOnsRZaWqk-1Os");
}

TEST(ConfiguredClients, MayBeNone) {
  const auto clients = parse_configured_clients(settings(), " [] ");
  ASSERT_TRUE(clients);
  EXPECT_TRUE(clients->empty());
}

TEST(ConfiguredClients, AreJudgedAsRegistrationsAre) {
  EXPECT_THAT(fault_of(R"([{"client_id":"a"}])"), HasSubstr("client 1: redirect_uris"));
  EXPECT_THAT(fault_of(R"([{"client_id":"a","redirect_uris":["http://evil.example/cb"]}])"),
              HasSubstr("client 1: redirect_uris[0]"));
  EXPECT_THAT(fault_of(with(R"("token_endpoint_auth_method":"tls_client_auth")")),
              HasSubstr("must be none, client_secret_basic"));
  EXPECT_THAT(fault_of(with(R"("token_endpoint_auth_method":"private_key_jwt")")),
              HasSubstr("jwks"));
}

TEST(ConfiguredClients, HaveNamesOfTheirOwn) {
  for (const char* id :
       {"", "gth_app_AAAAAAAAAAAAAAAAAAAAAA", "https://a.example/client", "a b", "caf\xc3\xa9"}) {
    EXPECT_THAT(fault_of(R"([{"client_id":")" + std::string(id) +
                         R"(","redirect_uris":["https://a.example/cb"]}])"),
                HasSubstr("client 1: client_id must be"))
        << id;
  }
  EXPECT_THAT(fault_of(R"([{"client_id":")" + std::string(101, 'a') + R"("}])"),
              HasSubstr("client_id must be"));
  EXPECT_EQ(fault_of(R"([{"client_id":"a","redirect_uris":["https://a.example/cb"]},)"
                     R"({"client_id":"a","redirect_uris":["https://b.example/cb"]}])"),
            "client 2: client_id a is there twice");
}

TEST(ConfiguredClients, KeepNoSecretInTheFile) {
  const std::string basic = R"("token_endpoint_auth_method":"client_secret_basic",)";
  EXPECT_THAT(fault_of(with(basic + R"("client_secret":"open sesame")")),
              HasSubstr("client_secret does not belong"));
  EXPECT_THAT(fault_of(with(R"("token_endpoint_auth_method":"client_secret_basic")")),
              HasSubstr("64 hexadecimal digits"));
  for (std::string digest : {std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a')}) {
    EXPECT_THAT(fault_of(with(basic + R"("client_secret_sha256":")" + digest + R"(")")),
                HasSubstr("64 hexadecimal digits"))
        << digest;
  }
  EXPECT_THAT(fault_of(with(R"("client_secret_sha256":")" + std::string(kDigest) + R"(")")),
              HasSubstr("needs a token_endpoint_auth_method"));
}

TEST(ConfiguredClients, AreBounded) {
  EXPECT_THAT(fault_of("{}"), HasSubstr("JSON list"));
  EXPECT_THAT(fault_of("[1]"), HasSubstr("client 1: it is no JSON object"));
  EXPECT_THAT(fault_of("[,]"), HasSubstr("no JSON"));
  EXPECT_THAT(fault_of("[" + std::string(kConfiguredClientsBytesMax, ' ') + "]"),
              HasSubstr("larger than 256 KB"));
  std::string many = "[1";
  for (int i = 0; i < 200; ++i) many += ",1";
  EXPECT_THAT(fault_of(many + "]"), HasSubstr("more than 200"));
}

}  // namespace
}  // namespace gatehouse::oauth
