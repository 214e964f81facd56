// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/google_identity_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/http/url.h"
#include "gatehouse/identity/signing_test_keys.h"

namespace gatehouse::identity {
namespace {

using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kStart = 1'795'500'000;
constexpr auto kClientId = "client-1.apps.googleusercontent.com";
constexpr auto kClientSecret = "GOCSPX-secret/1+2";
constexpr std::string_view kTraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kTraceId = kTraceParent.substr(3, 32);
constexpr auto kRedirect = "https://gatehouse.example.com/oauth/google/callback";

// Making keys is slow; these never change.
const SigningKey& first_key() {
  static const SigningKey key("key-1");
  return key;
}
const SigningKey& second_key() {
  static const SigningKey key("key-2");
  return key;
}

std::string claims(std::string_view replaced = "", std::string_view value = "") {
  std::map<std::string, std::string, std::less<>> all = {
      {"iss", R"("https://accounts.google.com")"},
      {"aud", '"' + std::string(kClientId) + '"'},
      {"sub", R"("110248495921238986420")"},
      {"hd", R"("example.com")"},
      {"email", R"("alice@example.com")"},
      {"email_verified", "true"},
      {"nonce", R"("nonce-1")"},
      {"iat", std::to_string(kStart)},
      {"exp", std::to_string(kStart + 3600)}};
  if (!replaced.empty()) all[std::string(replaced)] = value;
  std::string text;
  for (const auto& [name, content] : all)
    text += (text.empty() ? "{\"" : ",\"") + name + "\":" + content;
  return text + "}";
}

// ---- Google, scripted

struct Fixture {
  explicit Fixture(std::string issuer = "https://accounts.google.com")
      : provider(settings(std::move(issuer)), client, clock, log) {
    client.set_script([this](const SeenRequest& request) { return answer(request); });
  }

  static GoogleClientSettings settings(std::string issuer) {
    GoogleClientSettings settings;
    settings.issuer = std::move(issuer);
    settings.client_id = kClientId;
    settings.client_secret = base::Secret::copy_of(kClientSecret);
    settings.redirect_uri = kRedirect;
    settings.allowed_domains = {"example.com"};
    return settings;
  }

  ScriptedClient::Answer answer(const SeenRequest& request) {
    if (down) return ScriptedClient::failure(base::Errc::timeout);
    if (request.url.ends_with("/.well-known/openid-configuration")) {
      ++discoveries;
      return ScriptedClient::answer(200, discovery);
    }
    if (request.url == "https://www.googleapis.com/oauth2/v3/certs") {
      ++key_fetches;
      if (keys_status != 200) return ScriptedClient::answer(keys_status, "");
      return ScriptedClient::answer(200, R"({"keys":[)" + keys + "]}",
                                    {{"Cache-Control", "public, max-age=20000"}});
    }
    if (request.url == "https://oauth2.googleapis.com/token")
      return ScriptedClient::answer(token_status, token_body());
    if (request.url == "https://oauth2.googleapis.com/revoke")
      return ScriptedClient::answer(revoke_status, "{}");
    ADD_FAILURE() << "unexpected call to " << request.url;
    return ScriptedClient::answer(404, "");
  }

  std::string token_body() const {
    if (!raw_token_body.empty()) return raw_token_body;
    std::string body =
        R"({"access_token":"ya29.a","expires_in":3599,"refresh_token":"1//r","token_type":"Bearer",)"
        R"("scope":"openid https://www.googleapis.com/auth/gmail.readonly")";
    if (!id_token.empty()) body += R"(,"id_token":")" + id_token + '"';
    return body + "}";
  }

  base::Result<std::string, RefusalError> url(const AuthorizationUrl& request) {
    return http::await_for_test(loop, provider.authorization_url(request, trace));
  }
  base::Result<SignIn, RefusalError> sign_in(std::string_view nonce = "nonce-1") {
    const auto code = base::Secret::copy_of("4/code");
    const auto verifier = base::Secret::copy_of("verifier-1");
    return http::await_for_test(loop, provider.sign_in(code, verifier, nonce, trace));
  }
  base::Result<UpstreamTokens, RefusalError> refresh() {
    const auto token = base::Secret::copy_of("1//r");
    return http::await_for_test(loop, provider.refresh(token, trace));
  }
  base::Result<void, RefusalError> revoke() {
    const auto token = base::Secret::copy_of("1//r");
    return http::await_for_test(loop, provider.revoke(token, trace));
  }
  std::optional<Refusal> sign_in_refusal() {
    const auto result = sign_in();
    if (result) return std::nullopt;
    return result.error().code;
  }
  const SeenRequest& last_request() const { return client.seen().back(); }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(kStart)};
  telemetry::MemoryLog log;
  base::SeededRandom random{3};
  telemetry::RequestTrace trace{kTraceParent, random};
  ScriptedClient client;
  GoogleIdentityProvider provider;

  std::string discovery = R"({"issuer":"https://accounts.google.com",
      "authorization_endpoint":"https://accounts.google.com/o/oauth2/v2/auth",
      "token_endpoint":"https://oauth2.googleapis.com/token",
      "jwks_uri":"https://www.googleapis.com/oauth2/v3/certs",
      "revocation_endpoint":"https://oauth2.googleapis.com/revoke"})";
  std::string keys = first_key().jwk();
  std::string id_token = first_key().sign(claims());
  std::string raw_token_body;
  int token_status = 200;
  int keys_status = 200;
  int revoke_status = 200;
  bool down = false;
  int discoveries = 0;
  int key_fetches = 0;
};

AuthorizationUrl authorization() {
  AuthorizationUrl request;
  request.state = "state-1";
  request.nonce = "nonce-1";
  request.code_challenge = "challenge-1";
  request.scopes = {"gmail.readonly"};
  return request;
}

http::FormFields query_of(const std::string& url) {
  const auto parsed = http::parse_url(url);
  EXPECT_TRUE(parsed) << url;
  return *http::parse_form(parsed->query);
}

// ---- Where the browser is sent

// UP-01
TEST(GoogleIdentityProvider, BuildsTheAuthorizationUrl) {
  Fixture f;
  const auto url = f.url(authorization());
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->starts_with("https://accounts.google.com/o/oauth2/v2/auth?")) << *url;
  const auto query = query_of(*url);
  const std::pair<const char*, const char*> expected[] = {
      {"response_type", "code"},
      {"client_id", kClientId},
      {"redirect_uri", kRedirect},
      {"scope", "openid email profile https://www.googleapis.com/auth/gmail.readonly"},
      {"state", "state-1"},
      {"nonce", "nonce-1"},
      {"code_challenge", "challenge-1"},
      {"code_challenge_method", "S256"},
      {"access_type", "offline"},
      {"include_granted_scopes", "true"},
      {"hd", "example.com"}};
  for (const auto& [name, value] : expected)
    EXPECT_EQ(http::single_field(query, name), value) << name;
  for (const auto* absent : {"prompt", "login_hint", "client_secret"})
    EXPECT_EQ(http::field_count(query, absent), 0u) << absent;
}

TEST(GoogleIdentityProvider, EncodesWhatItPutsIntoTheUrl) {
  Fixture f;
  auto request = authorization();
  request.state = "a&b=c#d e";
  request.login_hint = "alice+x@example.com";
  request.ask_consent_again = true;
  const auto url = f.url(request);
  ASSERT_TRUE(url);
  const auto query = query_of(*url);
  EXPECT_EQ(http::single_field(query, "state"), "a&b=c#d e");
  EXPECT_EQ(http::single_field(query, "login_hint"), "alice+x@example.com");
  EXPECT_EQ(http::single_field(query, "prompt"), "consent");
}

TEST(GoogleIdentityProvider, LetsThePersonChooseWhenTheyWantTo) {
  Fixture f;
  auto request = authorization();
  request.choose_account = true;
  const auto url = f.url(request);
  ASSERT_TRUE(url);
  const auto query = query_of(*url);
  EXPECT_EQ(http::single_field(query, "prompt"), "select_account");
  EXPECT_EQ(http::field_count(query, "login_hint"), 0u);
}

TEST(GoogleIdentityProvider, AsksForNoRefreshTokenWithoutScopes) {
  Fixture f;
  auto request = authorization();
  request.scopes.clear();
  const auto url = f.url(request);
  ASSERT_TRUE(url);
  EXPECT_EQ(http::single_field(query_of(*url), "access_type"), "online");
  EXPECT_EQ(http::single_field(query_of(*url), "scope"), "openid email profile");
}

TEST(GoogleIdentityProvider, HintsAtTheDomainByHowManyThereAre) {
  const struct {
    std::vector<std::string> domains;
    std::optional<std::string_view> hint;
  } rows[] = {{{"example.com"}, "example.com"},
              {{"example.com", "example.org"}, "*"},
              {{"*"}, std::nullopt}};
  for (const auto& row : rows) {
    Fixture f;
    auto settings = Fixture::settings("https://accounts.google.com");
    settings.allowed_domains = row.domains;
    GoogleIdentityProvider provider(std::move(settings), f.client, f.clock, f.log);
    const auto request = authorization();
    const auto url = http::await_for_test(f.loop, provider.authorization_url(request, f.trace));
    ASSERT_TRUE(url);
    EXPECT_EQ(http::single_field(query_of(*url), "hd"), row.hint);
  }
}

TEST(GoogleIdentityProvider, StartsWithoutGoogleAndKeepsDiscovery) {
  Fixture f;
  f.down = true;
  const auto failed = f.url(authorization());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Refusal::provider_unreachable);
  f.down = false;
  f.clock.advance(seconds(2));
  EXPECT_TRUE(f.url(authorization()));
  EXPECT_TRUE(f.url(authorization()));
  EXPECT_EQ(f.discoveries, 1);
}

TEST(GoogleIdentityProvider, RefusesADiscoveryDocumentThatLeadsElsewhere) {
  Fixture f;
  f.discovery =
      R"({"issuer":"https://accounts.google.com","authorization_endpoint":"https://accounts.google.com/a",
      "token_endpoint":"https://evil.example/token","jwks_uri":"https://www.googleapis.com/oauth2/v3/certs"})";
  const auto refused = f.refresh();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::provider_unreachable);
  EXPECT_EQ(f.client.seen().size(), 1u) << "the secret went nowhere";
}

// ---- Signing in

TEST(GoogleIdentityProvider, SignsInByAVerifiedIdToken) {
  Fixture f;
  const auto result = f.sign_in();
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(result->person.user.str(), "110248495921238986420");
  EXPECT_EQ(result->person.email, "alice@example.com");
  EXPECT_EQ(result->person.domain, "example.com");
  EXPECT_EQ(result->tokens.access_token.reveal(), "ya29.a");
  EXPECT_EQ(result->tokens.refresh_token.reveal(), "1//r");
  EXPECT_THAT(result->tokens.scopes, ElementsAre("openid", "gmail.readonly"));
}

// UP-15
TEST(GoogleIdentityProvider, SendsTheSecretInTheBodyOnly) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  ASSERT_TRUE(f.refresh());
  ASSERT_TRUE(f.revoke());
  int with_secret = 0;
  for (const auto& request : f.client.seen()) {
    EXPECT_EQ(request.url.find("secret"), std::string::npos);
    EXPECT_EQ(request.url.find('?'), std::string::npos);
    EXPECT_EQ(request.bearer, "");
    for (const auto& header : request.headers)
      EXPECT_EQ(header.value.find("GOCSPX"), std::string::npos);
    if (request.body.find("GOCSPX") == std::string::npos) continue;
    ++with_secret;
    EXPECT_EQ(request.url, "https://oauth2.googleapis.com/token");
  }
  EXPECT_EQ(with_secret, 2);
}

TEST(GoogleIdentityProvider, AsksGoogleInTheTraceOfTheRequest) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  ASSERT_TRUE(f.refresh());
  ASSERT_TRUE(f.revoke());
  EXPECT_EQ(f.client.seen().size(), 5U) << "discovery, code, keys, refresh, revocation";
  std::set<std::string_view> spans;
  for (const auto& request : f.client.seen()) {
    const auto parent = telemetry::parse_traceparent(request.header("traceparent"));
    ASSERT_TRUE(parent) << request.url;
    EXPECT_EQ(parent->trace_id, kTraceId) << request.url;
    spans.insert(parent->span_id);
  }
  EXPECT_EQ(spans.size(), 5U);
}

TEST(GoogleIdentityProvider, SendsNoTraceOfItsOwn) {
  Fixture f;
  f.trace = telemetry::RequestTrace::none();
  ASSERT_TRUE(f.sign_in());
  for (const auto& request : f.client.seen()) EXPECT_EQ(request.header("traceparent"), "");
}

TEST(GoogleIdentityProvider, RedeemsTheCodeOnceWithItsVerifier) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  const auto& request = f.client.seen()[1];
  EXPECT_EQ(request.method, http::Method::post);
  EXPECT_TRUE(request.send_once);
  EXPECT_EQ(request.header("Content-Type"), "application/x-www-form-urlencoded");
  const auto fields = http::parse_form(request.body);
  ASSERT_TRUE(fields);
  const std::pair<const char*, const char*> expected[] = {{"grant_type", "authorization_code"},
                                                          {"code", "4/code"},
                                                          {"code_verifier", "verifier-1"},
                                                          {"redirect_uri", kRedirect},
                                                          {"client_id", kClientId},
                                                          {"client_secret", kClientSecret}};
  for (const auto& [name, value] : expected)
    EXPECT_EQ(http::single_field(*fields, name), value) << name;
  EXPECT_EQ(fields->size(), std::size(expected));
}

// UP-03, UP-06: each with a true signature.
TEST(GoogleIdentityProvider, RefusesIdTokensByTheirClaims) {
  const struct {
    const char* claim;
    std::string value;
    Refusal refusal;
  } rows[] = {{"iss", R"("https://evil.example")", Refusal::token_invalid},
              {"aud", R"("client-2")", Refusal::token_invalid},
              {"azp", R"("client-2")", Refusal::token_invalid},
              {"exp", std::to_string(kStart - 100), Refusal::token_invalid},
              {"iat", std::to_string(kStart + 1000), Refusal::token_invalid},
              {"sub", R"("")", Refusal::token_invalid},
              {"email", "null", Refusal::token_invalid},
              {"nonce", R"("nonce-2")", Refusal::nonce_mismatch},
              {"email_verified", "false", Refusal::email_unverified},
              {"hd", "null", Refusal::no_domain},
              {"hd", R"("evil.example")", Refusal::wrong_domain}};
  for (const auto& row : rows) {
    Fixture f;
    f.id_token = first_key().sign(claims(row.claim, row.value));
    EXPECT_EQ(f.sign_in_refusal(), row.refusal) << row.claim;
  }
}

// UP-03
TEST(GoogleIdentityProvider, RefusesIdTokensByTheirSignature) {
  const auto good = first_key().sign(claims());
  const auto unsigned_part = [](std::string_view header, std::string_view payload) {
    return base::base64url_encode(header) + "." + base::base64url_encode(payload) + ".";
  };
  const std::string hmac_header = R"({"alg":"HS256","kid":"key-1"})";
  const auto hmac_input =
      base::base64url_encode(hmac_header) + "." + base::base64url_encode(claims());
  const auto hmac = crypto::hmac_sha256(first_key().number(OSSL_PKEY_PARAM_RSA_N), {hmac_input});
  const struct {
    const char* name;
    std::string token;
  } rows[] = {
      {"payload exchanged",
       unsigned_part(R"({"alg":"RS256","kid":"key-1"})", claims("sub", R"("1")")) +
           good.substr(good.rfind('.') + 1)},
      {"no signature", unsigned_part(R"({"alg":"RS256","kid":"key-1"})", claims())},
      {"alg none", unsigned_part(R"({"alg":"none","kid":"key-1"})", claims())},
      {"alg None", unsigned_part(R"({"alg":"None","kid":"key-1"})", claims())},
      {"alg none without kid", unsigned_part(R"({"alg":"none"})", claims())},
      {"HS256 with the public key", hmac_input + "." + base::base64url_encode(crypto::view(hmac))},
      {"another key under the same kid",
       second_key().sign_with_header(R"({"alg":"RS256","kid":"key-1"})", claims())},
      {"a key nobody has", second_key().sign(claims())},
      {"key in the header",
       second_key().sign_with_header(
           R"({"alg":"RS256","kid":"key-2","jwk":)" + second_key().jwk() + "}", claims())},
      {"crit",
       first_key().sign_with_header(R"({"alg":"RS256","kid":"key-1","crit":["exp"]})", claims())},
      {"two parts", good.substr(0, good.rfind('.'))},
      {"four parts", good + ".x"},
      {"no token at all", "x"}};
  for (const auto& row : rows) {
    Fixture f;
    f.id_token = row.token;
    EXPECT_EQ(f.sign_in_refusal(), Refusal::token_invalid) << row.name;
  }
}

TEST(GoogleIdentityProvider, RefusesAnAnswerWithoutIdToken) {
  Fixture f;
  f.id_token = "";
  EXPECT_EQ(f.sign_in_refusal(), Refusal::token_invalid);
}

TEST(GoogleIdentityProvider, RefusesTheNonceOfAnotherSignIn) {
  Fixture f;
  const auto other = f.sign_in("nonce-9");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Refusal::nonce_mismatch);
  const auto none = f.sign_in("");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Refusal::nonce_mismatch);
}

TEST(GoogleIdentityProvider, ReportsRefusedCodesAndClients) {
  const struct {
    int status;
    const char* body;
    Refusal refusal;
  } rows[] = {{400, R"({"error":"invalid_grant"})", Refusal::provider_refused},
              {401, R"({"error":"invalid_client"})", Refusal::client_misconfigured},
              {503, "", Refusal::provider_unreachable}};
  for (const auto& row : rows) {
    Fixture f;
    f.token_status = row.status;
    f.raw_token_body = row.body;
    EXPECT_EQ(f.sign_in_refusal(), row.refusal) << row.status;
    EXPECT_EQ(f.key_fetches, 0);
  }
}

// ---- Keys

// UP-04
TEST(GoogleIdentityProvider, FetchesKeysOnceAndKeepsThem) {
  Fixture f;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(f.sign_in());
  EXPECT_EQ(f.key_fetches, 1);
}

// UP-04
TEST(GoogleIdentityProvider, FindsARotatedKeyByOneRefetch) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  f.keys = first_key().jwk() + "," + second_key().jwk();
  f.id_token = second_key().sign(claims());
  EXPECT_TRUE(f.sign_in());
  EXPECT_EQ(f.key_fetches, 2);
  EXPECT_THAT(f.log.text(), HasSubstr("signing keys fetched again"));
  EXPECT_THAT(f.log.text(), HasSubstr(std::string(kTraceId)));
}

TEST(GoogleIdentityProvider, FindsAKeyReplacedUnderTheSameName) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  const SigningKey replaced("key-1");
  f.keys = replaced.jwk();
  f.id_token = replaced.sign(claims());
  EXPECT_TRUE(f.sign_in());
}

// UP-04
TEST(GoogleIdentityProvider, AFloodOfUnknownKeysFetchesOnceAMinute) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  f.id_token = second_key().sign(claims());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(f.sign_in_refusal(), Refusal::token_invalid);
  EXPECT_EQ(f.key_fetches, 2);
  f.clock.advance(seconds(60));
  EXPECT_EQ(f.sign_in_refusal(), Refusal::token_invalid);
  EXPECT_EQ(f.key_fetches, 3);
}

TEST(GoogleIdentityProvider, CallsMissingKeysTransient) {
  Fixture f;
  f.keys_status = 500;
  EXPECT_EQ(f.sign_in_refusal(), Refusal::provider_unreachable);
}

// ---- Refresh and revocation

TEST(GoogleIdentityProvider, RefreshesWithTheRefreshToken) {
  Fixture f;
  f.raw_token_body =
      R"({"access_token":"ya29.b","expires_in":3599,"token_type":"Bearer","scope":"openid"})";
  const auto tokens = f.refresh();
  ASSERT_TRUE(tokens) << tokens.error().detail;
  EXPECT_EQ(tokens->access_token.reveal(), "ya29.b");
  EXPECT_TRUE(tokens->refresh_token.empty());
  EXPECT_EQ(tokens->access_expires, base::from_epoch_seconds(kStart + 3599));
  const auto fields = http::parse_form(f.last_request().body);
  EXPECT_EQ(http::single_field(*fields, "grant_type"), "refresh_token");
  EXPECT_EQ(http::single_field(*fields, "refresh_token"), "1//r");
  EXPECT_FALSE(f.last_request().send_once);
}

// GO-02, GO-11
TEST(GoogleIdentityProvider, TellsARevokedRefreshTokenFromAnOutage) {
  Fixture f;
  f.token_status = 400;
  f.raw_token_body =
      R"({"error":"invalid_grant","error_description":"Token has been expired or revoked."})";
  EXPECT_EQ(f.refresh().error().code, Refusal::refresh_revoked);
  f.token_status = 500;
  EXPECT_EQ(f.refresh().error().code, Refusal::provider_unreachable);
  f.down = true;
  const auto down = f.refresh();
  EXPECT_EQ(down.error().code, Refusal::provider_unreachable);
  EXPECT_THAT(down.error().detail, Not(HasSubstr("1//r")));
}

TEST(GoogleIdentityProvider, RevokesAtGoogle) {
  Fixture f;
  EXPECT_TRUE(f.revoke());
  EXPECT_EQ(f.last_request().body, "token=1%2F%2Fr");
  f.revoke_status = 400;
  EXPECT_TRUE(f.revoke()) << "a token that is no more is revoked";
  f.revoke_status = 503;
  EXPECT_EQ(f.revoke().error().code, Refusal::provider_unreachable);
}

TEST(GoogleIdentityProvider, ReportsAProviderWithoutRevocation) {
  Fixture f;
  f.discovery.replace(f.discovery.find(",\n      \"revocation_endpoint\""), std::string::npos, "}");
  EXPECT_EQ(f.revoke().error().code, Refusal::provider_refused);
}

TEST(GoogleIdentityProvider, ChecksThatDiscoveryCanBeRead) {
  Fixture f;
  EXPECT_TRUE(http::await_for_test(f.loop, f.provider.check()));
  Fixture broken;
  broken.discovery = "<html>";
  EXPECT_FALSE(http::await_for_test(broken.loop, broken.provider.check()));
}

TEST(GoogleIdentityProvider, WritesNoSecretToTheLog) {
  Fixture f;
  ASSERT_TRUE(f.sign_in());
  f.id_token = second_key().sign(claims());
  f.clock.advance(seconds(60));
  EXPECT_FALSE(f.sign_in());
  for (const auto* secret : {"GOCSPX", "ya29", "1//r", "4/code", "alice"})
    EXPECT_THAT(f.log.text(), Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace gatehouse::identity
