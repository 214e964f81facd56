// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/registration.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/json.h"
#include "gatehouse/oauth/client_test_keys.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {
namespace {

constexpr const char* kRedirects = R"("redirect_uris":["https://c.example/cb"])";

std::string with(const std::string& members) {
  return std::string("{") + kRedirects + (members.empty() ? "" : "," + members) + "}";
}

std::string repeated(const std::string& item, int times) {
  std::string list;
  for (int i = 0; i < times; ++i) list += (i == 0 ? "" : ",") + item;
  return list;
}

std::string wide_name(int characters) {
  std::string name;
  for (int i = 0; i < characters; ++i) name += "\xc3\xa4";
  return name;
}

TEST(Registration, AcceptsTheSmallestRequest) {  // DC-01
  const auto metadata = parse_registration(AuthorizationServerSettings(), with(""));
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->redirect_uris, std::vector<std::string>{"https://c.example/cb"});
  EXPECT_EQ(metadata->authentication, ClientAuthentication::none);
  EXPECT_EQ(metadata->name, "");
}

TEST(Registration, AcceptsAllThreeRedirectsOfCursor) {
  const auto metadata = parse_registration(AuthorizationServerSettings(), R"({
      "client_name":"Cursor","grant_types":["authorization_code","refresh_token"],
      "response_types":["code"],"token_endpoint_auth_method":"none",
      "redirect_uris":["http://localhost:8787/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback"]})");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->redirect_uris.size(), 3u);
}

struct Case {
  std::string name;
  std::string body;
  std::string error;  // empty: accepted
};

TEST(Registration, JudgesEveryField) {
  const std::string bad_metadata = "invalid_client_metadata";
  const std::string bad_redirect = "invalid_redirect_uri";
  const std::string signs = R"("token_endpoint_auth_method":"private_key_jwt",)";
  const std::string keys = R"("jwks":)" + client_test_keys().ec.jwks();
  const Case cases[] = {
      {"unknown members", with(R"("application_type":"native","x":{"y":[1]})"), ""},
      {"device grant beside the code", with(R"("grant_types":["authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code"])"),
       ""},
      {"links", with(R"("client_uri":"https://c.example","logo_uri":"http://c.example/l.png")"),
       ""},
      {"null members", with(R"("client_name":null,"grant_types":null,"logo_uri":null)"), ""},
      {"name of 200 wide characters", with("\"client_name\":\"" + wide_name(200) + "\""), ""},
      {"secret by header", with(R"("token_endpoint_auth_method":"client_secret_basic")"), ""},
      {"secret in the form", with(R"("token_endpoint_auth_method":"client_secret_post")"), ""},
      {"signs", with(signs + keys), ""},
      {"signs by one algorithm",
       with(signs + keys + R"(,"token_endpoint_auth_signing_alg":"ES256")"), ""},

      // DC-02
      {"not JSON", "redirect_uris=x", bad_metadata},
      {"a list", "[]", bad_metadata},
      {"empty", "", bad_metadata},
      {"too large", with("\"x\":\"" + std::string(17000, 'a') + "\""), bad_metadata},
      {"too deep", with("\"x\":" + std::string(20, '[') + std::string(20, ']')), bad_metadata},
      {"member twice", with(kRedirects), bad_metadata},
      {"no redirects", "{}", bad_redirect},
      {"empty list of redirects", R"({"redirect_uris":[]})", bad_redirect},
      {"redirects not a list", R"({"redirect_uris":"https://c.example/cb"})", bad_redirect},
      {"redirect not a string", R"({"redirect_uris":[1]})", bad_redirect},
      {"21 redirects", "{\"redirect_uris\":[" + repeated("\"https://c.example/cb\"", 21) + "]}",
       bad_redirect},
      {"long redirect",
       "{\"redirect_uris\":[\"https://c.example/" + std::string(8000, 'a') + "\"]}", bad_redirect},
      // DC-03
      {"http redirect", R"({"redirect_uris":["http://c.example/cb"]})", bad_redirect},
      {"one bad among good",
       R"+({"redirect_uris":["https://c.example/cb","javascript:alert(1)"]})+", bad_redirect},
      // DC-04
      {"script logo", with(R"+("logo_uri":"javascript:alert(1)")+"), bad_metadata},
      {"data policy", with(R"("policy_uri":"data:text/html,x")"), bad_metadata},
      {"file terms", with(R"("tos_uri":"file:///x")"), bad_metadata},
      {"http keys", with(R"("jwks_uri":"http://c.example/keys")"), bad_metadata},
      {"link not a string", with(R"("client_uri":{})"), bad_metadata},
      // DC-07
      {"password grant", with(R"("grant_types":["authorization_code","password"])"), bad_metadata},
      {"only client credentials", with(R"("grant_types":["client_credentials"])"), bad_metadata},
      {"implicit", with(R"("grant_types":["implicit"])"), bad_metadata},
      {"token response", with(R"("response_types":["code","token"])"), bad_metadata},
      {"unknown method", with(R"("token_endpoint_auth_method":"tls_client_auth")"), bad_metadata},
      {"signs, without keys", with(signs + R"("x":1)"), bad_metadata},
      {"signs, with keys to be fetched", with(signs + R"("jwks_uri":"https://c.example/keys")"),
       bad_metadata},
      {"signs, with both", with(signs + keys + R"(,"jwks_uri":"https://c.example/keys")"),
       bad_metadata},
      {"signs, with no usable key", with(signs + R"("jwks":{"keys":[]})"), bad_metadata},
      {"signs, with a private key",
       with(signs + R"("jwks":{"keys":[{"kty":"EC","crv":"P-256","d":"AA"}]})"), bad_metadata},
      {"signs, with large keys",
       with(signs + R"("jwks":{"x":")" + std::string(8'192, 'x') + R"(","keys":[)" +
            client_test_keys().ec.jwk() + "]}"),
       bad_metadata},
      {"signs by another algorithm",
       with(signs + keys + R"(,"token_endpoint_auth_signing_alg":"HS256")"), bad_metadata},
      {"grant types not a list", with(R"("grant_types":"authorization_code")"), bad_metadata},
      {"name too long", with("\"client_name\":\"" + std::string(201, 'a') + "\""), bad_metadata},
      {"name not a string", with(R"("client_name":7)"), bad_metadata},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto metadata = parse_registration(AuthorizationServerSettings(), c.body);
    const std::string error =
        metadata ? std::string() : std::string(wire_name(metadata.error().reason));
    EXPECT_EQ(error, c.error);
  }
}

TEST(Registration, SaysWhichRedirectIsWrong) {
  const auto metadata =
      parse_registration(AuthorizationServerSettings(),
                         R"({"redirect_uris":["https://c.example/cb","http://c.example/cb"]})");
  ASSERT_FALSE(metadata);
  EXPECT_TRUE(metadata.error().description.starts_with("redirect_uris[1] "));
}

TEST(Client, ReadsBackWhatItWrites) {
  Client client;
  client.id = base::ClientId("gth_app_x");
  client.name = "N\"\xc3\xa4\n";
  client.redirect_uris = {"https://c.example/cb", "http://127.0.0.1/"};
  client.authentication = ClientAuthentication::secret_post;
  client.secret_hash = "hash";
  client.registered_at = base::from_epoch_seconds(1'700'000'000);
  client.expires = base::from_epoch_seconds(1'700'000'600);
  client.used = true;

  const auto read = client_from_json(client_to_json(client));

  ASSERT_TRUE(read);
  EXPECT_EQ(client_to_json(*read), client_to_json(client));

  client.authentication = ClientAuthentication::private_key_jwt;
  EXPECT_FALSE(client_from_json(client_to_json(client))) << "signs, without keys";
  client.jwks = client_test_keys().ec.jwks();
  client.signing_algorithm = "ES256";
  const auto signer = client_from_json(client_to_json(client));
  ASSERT_TRUE(signer);
  EXPECT_EQ(signer->jwks, client.jwks);
  EXPECT_EQ(client_to_json(*signer), client_to_json(client));
  EXPECT_FALSE(client_from_json("{}"));
  EXPECT_FALSE(client_from_json("nonsense"));
}

}  // namespace
}  // namespace gatehouse::oauth
