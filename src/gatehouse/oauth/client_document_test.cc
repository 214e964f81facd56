// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_document.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::oauth {
namespace {

const std::string kUrl = "https://app.example/client.json";

std::string with(const std::string& members) {
  return R"({"client_id":")" + kUrl +
         R"(","client_name":"App","redirect_uris":["https://app.example/cb"])" +
         (members.empty() ? "" : "," + members) + "}";
}

Judged<Client> parse(const std::string& body) {
  return parse_client_document(AuthorizationServerSettings(), kUrl, body);
}

TEST(ClientDocument, IsNamedByAnHttpsUrlOnly) {
  EXPECT_TRUE(names_client_document(kUrl));
  for (const char* id : {"gth_app_AAAAAAAAAAAAAAAAAAAAAA", "http://app.example/client.json",
                         "HTTPS://app.example/client.json", "ftp://app.example/x", ""}) {
    EXPECT_FALSE(names_client_document(id)) << id;
  }
}

TEST(ClientDocument, JudgesTheFormOfItsUrl) {  // CI-03, CI-07, CI-19
  for (const char* url : {"https://app.example/client.json", "https://app.example:443/client.json",
                          "https://app.example/a/b?version=2",
                          "https://app.example/a..b/.hidden/...", "https://xn--ggle-0nda.com/c"}) {
    EXPECT_EQ(client_document_url_fault(url), std::nullopt) << url;
  }
  const struct {
    const char* url;
    const char* fault;
  } rows[] = {
      {"http://app.example/client.json", "is not an https URL"},
      {"https://app.example", "has no path"},
      {"https://app.example/", "has no path"},
      {"https://app.example?x", "has no path"},
      {"https://app.example/c#", "has a fragment"},
      {"https://app.example/c#part", "has a fragment"},
      {"https://user@app.example/c", "has user information"},
      {"https://claude.ai:x@app.example/c", "has user information"},
      {"https://app.example:8443/c", "has a port other than 443"},
      {"https://app.example/./c", "has a dot segment"},
      {"https://app.example/a/../c", "has a dot segment"},
      {"https://app.example/a/..", "has a dot segment"},
      {"https://app.example/a/%2e%2E/c", "has a dot segment"},
      {"https://app.example/a/.%2e/c", "has a dot segment"},
      {"https://app.example/%2E/c", "has a dot segment"},
      {"https://app.example\\c", "is not an https URL"},
      {"https://app.example/a\\c", "is not an https URL"},
      {"https://app.example/a c", "is not an https URL"},
      {"https://app.example/\xc3\xa4", "is not an https URL"},
      {"https:///c", "is not an https URL"},
      {"https://127.0.0.1/c", "has a host that is not a domain name"},
      {"https://10.0.0.1/c", "has a host that is not a domain name"},
      {"https://0x7f.0.0.0x1/c", "has a host that is not a domain name"},
      {"https://2130706433/c", "has a host that is not a domain name"},
      {"https://[::1]/c", "has a host that is not a domain name"},
      {"https://[::ffff:127.0.0.1]/c", "has a host that is not a domain name"},
      {"https://localhost/c", "has a host that is not a domain name"},
      {"https://metadata/c", "has a host that is not a domain name"},
      {"https://app.example./c", "has a host that is not a domain name"},
  };
  for (const auto& row : rows) EXPECT_EQ(client_document_url_fault(row.url), row.fault) << row.url;
  const std::string longest = "https://app.example/" + std::string(2028, 'x');
  EXPECT_EQ(client_document_url_fault(longest), std::nullopt);
  EXPECT_EQ(client_document_url_fault(longest + "x"), "is longer than 2048 bytes");
}

TEST(ClientDocument, MakesAPublicClient) {  // CI-01
  const auto client = parse(with(""));
  ASSERT_TRUE(client);
  EXPECT_EQ(client->id.str(), kUrl);
  EXPECT_EQ(client->name, "App");
  EXPECT_EQ(client->redirect_uris, std::vector<std::string>{"https://app.example/cb"});
  EXPECT_EQ(client->authentication, ClientAuthentication::none);
}

TEST(ClientDocument, TakesWhatRealClientsPublish) {
  for (const char* members :
       {R"("token_endpoint_auth_method":"none")",
        R"("token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example/keys",
           "token_endpoint_auth_signing_alg":"RS256",
           "token_endpoint_auth_methods_supported":["none","private_key_jwt"])",
        R"("grant_types":["authorization_code","refresh_token",
           "urn:ietf:params:oauth:grant-type:device_code",
           "urn:ietf:params:oauth:grant-type:jwt-bearer"],"application_type":"native")",
        R"("logo_uri":"https://10.0.0.1/logo.png","client_uri":"https://app.example/")",
        R"("jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})"}) {
    const auto client = parse(with(members));
    EXPECT_TRUE(client) << members << ": " << client.error().description;
  }
}

TEST(ClientDocument, RefusesWhatCannotBeAClient) {  // CI-02, CI-14
  const std::string deep = R"("x":[[[[[[[[]]]]]]]])";
  const struct {
    std::string body;
    const char* word;  // of the reason
  } rows[] = {
      {R"({"client_id":"https://other.example/c","client_name":"A","redirect_uris":["https://a.example/cb"]})",
       "client_id"},
      {R"({"client_id":"https://APP.example/client.json","client_name":"A","redirect_uris":["https://a.example/cb"]})",
       "client_id"},
      {R"({"client_name":"A","redirect_uris":["https://a.example/cb"]})", "client_id"},
      {R"({"client_id":")" + kUrl + R"(","redirect_uris":["https://a.example/cb"]})",
       "client_name"},
      {R"({"client_id":")" + kUrl + R"(","client_name":"A"})", "redirect_uris"},
      {R"({"client_id":")" + kUrl + R"(","client_name":"A","redirect_uris":[]})", "redirect_uris"},
      {R"({"client_id":")" + kUrl +
           R"(","client_name":"A","redirect_uris":["https://a.example/cb","http://a.example/cb"]})",
       "redirect_uris[1]"},
      {with(R"("client_secret":"s")"), "client_secret"},
      {with(R"("client_secret_expires_at":0)"), "client_secret"},
      {with(R"("jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]})"), "jwks"},
      {with(R"("jwks":{"keys":[{"kty":"oct","k":"AA"}]})"), "jwks"},
      {with(R"("jwks_uri":"http://app.example/keys")"), "jwks_uri"},
      {with(R"("token_endpoint_auth_method":"client_secret_basic")"), "secret"},
      {with(R"("token_endpoint_auth_method":"client_secret_post")"), "secret"},
      {with(R"("token_endpoint_auth_methods_supported":["none","client_secret_jwt"])"), "secret"},
      {with(R"("token_endpoint_auth_method":"private_key_jwt")"), "private_key_jwt"},
      {with(R"("token_endpoint_auth_methods_supported":["private_key_jwt"])"), "private_key_jwt"},
      {with(R"("token_endpoint_auth_method":7)"), "token_endpoint_auth_method"},
      {with(R"("grant_types":["client_credentials"])"), "grant_types"},
      {with(R"("response_types":["token"])"), "response_types"},
      {with(R"("client_id":"https://evil.example/c")"), "JSON"},
      {with(deep), "JSON"},
      {with("\"x\":\"\xff\""), "JSON"},
      {with("") + "x", "JSON"},
      {"[" + with("") + "]", "JSON"},
      {"<!doctype html>", "JSON"},
      {"", "JSON"},
      {with(R"("x":")" + std::string(5 * 1024, 'x') + "\""), "5 KB"},
  };
  for (const auto& row : rows) {
    const auto client = parse(row.body);
    ASSERT_FALSE(client) << row.body;
    EXPECT_NE(client.error().description.find(row.word), std::string::npos)
        << row.body << ": " << client.error().description;
  }
}

TEST(ClientDocument, SaysWhoseItIs) {
  EXPECT_EQ(client_document_host("https://claude.ai:443/oauth/x"), "claude.ai");
  EXPECT_EQ(client_document_host("gth_app_AAAAAAAAAAAAAAAAAAAAAA"), "");
}

}  // namespace
}  // namespace gatehouse::oauth
