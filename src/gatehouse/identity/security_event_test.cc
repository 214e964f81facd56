// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/security_event.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/identity/signing_test_keys.h"

namespace gatehouse::identity {
namespace {

using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::seconds;
using Fault = SecurityEventFault;
using Kind = SecurityEventKind;

constexpr std::int64_t kStart = 1'795'500'000;
constexpr std::string_view kClientId = "client-1.apps.googleusercontent.com";
constexpr std::string_view kSub = "110248495921238986420";
constexpr std::string_view kRevoked =
    "https://schemas.openid.net/secevent/risc/event-type/sessions-revoked";

// Making keys is slow; these never change.
const SigningKey& first_key() {
  static const SigningKey key("key-1");
  return key;
}
const SigningKey& second_key() {
  static const SigningKey key("key-2");
  return key;
}

std::string subject(std::string_view type = "iss-sub",
                    std::string_view issuer = "https://accounts.google.com/") {
  return R"({"subject_type":")" + std::string(type) + R"(","iss":")" + std::string(issuer) +
         R"(","sub":")" + std::string(kSub) + R"("})";
}

std::string event(std::string_view type, std::string_view content) {
  return "{\"" + std::string(type) + "\":" + std::string(content) + "}";
}

std::string revocation() { return event(kRevoked, R"({"subject":)" + subject() + "}"); }

// As Google sends it, with changed members; an empty value leaves one out.
std::string claims(const std::map<std::string, std::string>& changes = {}) {
  std::map<std::string, std::string> all = {{"iss", R"("https://accounts.google.com/")"},
                                            {"aud", '"' + std::string(kClientId) + '"'},
                                            {"iat", std::to_string(kStart - 30)},
                                            {"jti", R"("756E69717565")"},
                                            {"events", revocation()}};
  for (const auto& [name, value] : changes) all[name] = value;
  std::string text;
  for (const auto& [name, value] : all) {
    if (value.empty()) continue;
    text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
  }
  return text + "}";
}

base::Result<SecurityEventToken, Fault> judge(const std::string& payload) {
  return judge_security_event(
      payload, {"https://accounts.google.com", kClientId, base::from_epoch_seconds(kStart)});
}

std::optional<Fault> fault_of(const std::map<std::string, std::string>& changes) {
  const auto judged = judge(claims(changes));
  if (judged) return std::nullopt;
  return judged.error();
}

// ---- What a token says

TEST(SecurityEvent, ReadsWhoseSessionsEndAndWhen) {
  const auto token = judge(claims());

  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, "756E69717565");
  EXPECT_EQ(token->happened_at, base::from_epoch_seconds(kStart - 30));
  ASSERT_EQ(token->events.size(), 1U);
  EXPECT_EQ(token->events[0].kind, Kind::sessions_revoked);
  EXPECT_EQ(token->events[0].user.str(), kSub);
}

TEST(SecurityEvent, KnowsEveryTypeThatGoogleSends) {
  const std::string risc = "https://schemas.openid.net/secevent/risc/event-type/";
  const std::string oauth = "https://schemas.openid.net/secevent/oauth/event-type/";
  const std::pair<std::string, std::pair<Kind, bool>> rows[] = {
      {risc + "sessions-revoked", {Kind::sessions_revoked, true}},
      {oauth + "tokens-revoked", {Kind::tokens_revoked, true}},
      {oauth + "token-revoked", {Kind::token_revoked, false}},
      {risc + "account-disabled", {Kind::account_disabled, true}},
      {risc + "account-enabled", {Kind::account_enabled, false}},
      {risc + "account-purged", {Kind::account_purged, true}},
      {risc + "account-credential-change-required", {Kind::credential_change_required, true}},
      {risc + "verification", {Kind::verification, false}},
      {risc + "tokens-revoked", {Kind::unknown, false}},
      {"sessions-revoked", {Kind::unknown, false}},
      {risc + "sessions-revoked/", {Kind::unknown, false}},
  };
  for (const auto& [type, expected] : rows) {
    SCOPED_TRACE(type);
    const auto token = judge(claims({{"events", event(type, R"({"subject":)" + subject() + "}")}}));
    ASSERT_TRUE(token);
    EXPECT_EQ(token->events[0].kind, expected.first);
    EXPECT_EQ(ends_sessions(token->events[0].kind), expected.second);
    EXPECT_FALSE(name_of(token->events[0].kind).empty());
  }
}

TEST(SecurityEvent, ReadsSeveralEventsOfOneToken) {
  const std::string both =
      R"({"https://schemas.openid.net/secevent/risc/event-type/account-disabled":{"subject":)" +
      subject() + R"(,"reason":"hijacking"},")" + std::string(kRevoked) + R"(":{"subject":)" +
      subject() + "}}";

  const auto token = judge(claims({{"events", both}}));

  ASSERT_TRUE(token);
  ASSERT_EQ(token->events.size(), 2U);
  EXPECT_EQ(token->events[0].kind, Kind::account_disabled);
  EXPECT_EQ(token->events[0].reason, "hijacking");
  EXPECT_EQ(token->events[1].kind, Kind::sessions_revoked);
}

TEST(SecurityEvent, ReadsTheStateOfATest) {
  const auto token = judge(
      claims({{"events", R"({"https://schemas.openid.net/secevent/risc/event-type/verification":)"
                         R"({"state":"asked by Ada"}})"}}));

  ASSERT_TRUE(token);
  EXPECT_EQ(token->events[0].kind, Kind::verification);
  EXPECT_TRUE(token->events[0].user.empty());
  EXPECT_EQ(token->events[0].reason, "asked by Ada");
}

TEST(SecurityEvent, NamesNobodyWhereTheSubjectIsNotTheIssuers) {
  const std::string token_subject =
      R"({"subject_type":"oauth_token","token_type":"refresh_token",)"
      R"("token_identifier_alg":"hash_base64_sha512_sha512","token":"aGFzaA=="})";
  const std::string rows[] = {
      token_subject,
      R"({"subject_type":"email","email":"alice@example.com"})",
      subject("iss-sub", "https://accounts.evil.example/"),
      R"({"subject_type":"iss-sub","iss":"https://accounts.google.com/"})",
      R"({"subject_type":"iss-sub","iss":"https://accounts.google.com/","sub":7})",
      R"({"subject_type":"iss-sub","iss":"https://accounts.google.com/","sub":""})",
      R"({"subject_type":"iss-sub","iss":"https://accounts.google.com/","sub":"a b"})",
      R"({"iss":"https://accounts.google.com/","sub":")" + std::string(256, '1') + R"("})",
      R"("subject")",
      "[]",
  };
  for (const std::string& row : rows) {
    SCOPED_TRACE(row);
    const auto token = judge(claims({{"events", event(kRevoked, R"({"subject":)" + row + "}")}}));
    ASSERT_TRUE(token);
    EXPECT_TRUE(token->events[0].user.empty());
  }
  const auto bare = judge(claims({{"events", event(kRevoked, "null")}}));
  ASSERT_TRUE(bare);
  EXPECT_TRUE(bare->events[0].user.empty());
}

TEST(SecurityEvent, KnowsTheSubjectInEachSpelling) {
  for (const char* type : {"iss-sub", "iss_sub", "id_token_claims"}) {
    for (const char* issuer : {"https://accounts.google.com/", "https://accounts.google.com"}) {
      const std::string content = R"({"subject":)" + subject(type, issuer) + "}";
      const auto token = judge(claims({{"events", event(kRevoked, content)}}));
      ASSERT_TRUE(token);
      EXPECT_EQ(token->events[0].user.str(), kSub) << type << " " << issuer;
    }
  }
}

TEST(SecurityEvent, BelievesNoOtherIssuerOrAudience) {
  const std::string ours = '"' + std::string(kClientId) + '"';
  EXPECT_EQ(fault_of({{"iss", R"("https://accounts.google.com")"}}), std::nullopt);
  EXPECT_EQ(fault_of({{"iss", R"("accounts.google.com")"}}), std::nullopt);
  for (const char* issuer :
       {"", R"("https://accounts.google.com//")", R"("http://accounts.google.com/")", "7", "null",
        R"("https://accounts.evil.example/")", R"(["https://accounts.google.com/"])"}) {
    EXPECT_EQ(fault_of({{"iss", issuer}}), Fault::issuer) << issuer;
  }
  EXPECT_EQ(fault_of({{"aud", R"(["other",)" + ours + "]"}}), std::nullopt);
  std::string many = "[" + ours;
  for (int i = 0; i < 64; ++i) many += R"(,"other")";
  for (const std::string& audience :
       {std::string(), std::string(R"("other")"), std::string("[]"), std::string(R"([["x"]])"),
        std::string(R"({"aud":)" + ours + "}"), std::string(many + "]")}) {
    EXPECT_EQ(fault_of({{"aud", audience}}), Fault::audience) << audience;
  }
}

TEST(SecurityEvent, IsNoEventWithoutIdOrEvents) {
  for (const char* id : {"", R"("")", "7", "null"}) {
    EXPECT_EQ(fault_of({{"jti", id}}), Fault::malformed) << id;
  }
  EXPECT_EQ(fault_of({{"jti", '"' + std::string(256, 'x') + '"'}}), Fault::malformed);
  for (const char* events : {"", "{}", "[]", "null", R"("sessions-revoked")"}) {
    EXPECT_EQ(fault_of({{"events", events}}), Fault::malformed) << events;
  }
  std::string many = "{";
  for (int i = 0; i < 17; ++i) many += (i ? ",\"" : "\"") + std::to_string(i) + "\":{}";
  EXPECT_EQ(fault_of({{"events", many + "}"}}), Fault::malformed);
  for (const char* text : {"", "[]", "{", "7"}) EXPECT_EQ(judge(text).error(), Fault::malformed);
}

TEST(SecurityEvent, HappenedWhenItSaysButNeverLaterThanNow) {
  const auto at = [](const std::map<std::string, std::string>& changes) {
    const auto token = judge(claims(changes));
    return token ? base::epoch_seconds(token->happened_at) - kStart : 1'000'000;
  };
  EXPECT_EQ(at({{"toe", std::to_string(kStart - 500)}}), -500);
  EXPECT_EQ(at({{"toe", std::to_string(kStart - 10)}}), -30) << "not after it was written down";
  EXPECT_EQ(at({{"iat", std::to_string(kStart - 90'000'000)}}), -90'000'000) << "old is no fault";
  EXPECT_EQ(at({{"iat", std::to_string(kStart + 60)}}), 0) << "clocks differ";
  EXPECT_EQ(at({{"exp", "1"}}), -30) << "an event never expires";
  for (const std::string& issued :
       {std::string(), std::string("0"), std::string("-5"), std::string(R"("1795500000")"),
        std::string("100000000000"), std::to_string(kStart + 61)}) {
    EXPECT_EQ(fault_of({{"iat", issued}}), Fault::time) << issued;
  }
  EXPECT_EQ(fault_of({{"toe", "0"}}), Fault::time);
  EXPECT_EQ(fault_of({{"toe", R"("now")"}}), Fault::time);
}

TEST(SecurityEvent, DropsAReasonThatIsTooLong) {
  const auto token = judge(
      claims({{"events", event(kRevoked, R"({"reason":")" + std::string(129, 'x') + R"("})")}}));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->events[0].reason, "");
}

// ---- Where the keys are

TEST(SecurityEvent, ReadsTheConfigurationOfItsIssuerOnly) {
  const auto keys_in = [](const std::string& json) {
    return parse_risc_configuration(json, "https://accounts.google.com");
  };
  const auto good = keys_in(
      R"({"issuer":"https://accounts.google.com/","jwks_uri":"https://www.googleapis.com/oauth2/v3/certs"})");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "https://www.googleapis.com/oauth2/v3/certs");
  EXPECT_EQ(risc_configuration_url("https://accounts.google.com/"),
            "https://accounts.google.com/.well-known/risc-configuration");
  for (const char* bad :
       {"", "[]", R"({"issuer":"https://accounts.google.com/"})",
        R"({"jwks_uri":"https://www.googleapis.com/oauth2/v3/certs"})",
        R"({"issuer":"https://evil.example/","jwks_uri":"https://www.googleapis.com/certs"})",
        R"({"issuer":"https://accounts.google.com/","jwks_uri":"https://evil.example/certs"})",
        R"({"issuer":"https://accounts.google.com/","jwks_uri":"http://www.googleapis.com/certs"})",
        R"({"issuer":"https://accounts.google.com/","jwks_uri":7})"}) {
    EXPECT_FALSE(keys_in(bad)) << bad;
  }
}

// ---- From the signed token on

struct Fixture {
  Fixture() : reader(settings(), client, clock, log) {
    client.set_script([this](const SeenRequest& request) { return answer(request); });
  }

  static SecurityEventSettings settings() {
    SecurityEventSettings settings;
    settings.client_id = kClientId;
    return settings;
  }

  ScriptedClient::Answer answer(const SeenRequest& request) {
    if (down) return ScriptedClient::failure(base::Errc::timeout);
    if (request.url == "https://accounts.google.com/.well-known/risc-configuration") {
      ++configurations;
      return ScriptedClient::answer(200,
                                    R"({"issuer":"https://accounts.google.com/",)"
                                    R"("jwks_uri":"https://www.googleapis.com/oauth2/v3/certs"})");
    }
    EXPECT_EQ(request.url, "https://www.googleapis.com/oauth2/v3/certs");
    ++key_fetches;
    return ScriptedClient::answer(200, R"({"keys":[)" + keys + "]}",
                                  {{"Cache-Control", "public, max-age=20000"}});
  }

  SecurityEventReader::Read read(const std::string& token) {
    return http::await_for_test(loop, reader.read(token, trace));
  }
  std::optional<Fault> fault_of(const std::string& token) {
    const auto result = read(token);
    if (result) return std::nullopt;
    EXPECT_FALSE(result.error().detail.empty());
    return result.error().code;
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(kStart)};
  telemetry::MemoryLog log;
  base::SeededRandom random{3};
  const telemetry::RequestTrace trace{{}, random};
  ScriptedClient client;
  SecurityEventReader reader;
  std::string keys = first_key().jwk();
  bool down = false;
  int configurations = 0;
  int key_fetches = 0;
};

TEST(SecurityEventReader, BelievesWhatTheIssuerHasSigned) {
  Fixture f;

  const auto first = f.read(first_key().sign(claims()));
  const auto second = f.read(first_key().sign(claims()));

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->events[0].user.str(), kSub);
  EXPECT_EQ(f.configurations, 1);
  EXPECT_EQ(f.key_fetches, 1);
}

TEST(SecurityEventReader, TellsForgeriesApart) {
  Fixture f;
  const std::string good = first_key().sign(claims());
  const std::string payload = good.substr(0, good.rfind('.'));
  const SigningKey impostor("key-1");
  const std::pair<std::string, Fault> rows[] = {
      {"", Fault::malformed},
      {"not a token", Fault::malformed},
      {payload, Fault::malformed},
      {std::string(17 * 1024, 'x'), Fault::malformed},
      {payload + ".", Fault::signature},
      {impostor.sign(claims()), Fault::signature},
      {second_key().sign(claims()), Fault::unknown_key},
      {first_key().sign_with_header(R"({"alg":"none","kid":"key-1"})", claims()), Fault::signature},
      {first_key().sign_with_header(R"({"alg":"RS256"})", claims()), Fault::signature},
      {first_key().sign(claims({{"iss", R"("https://evil.example")"}})), Fault::issuer},
      {first_key().sign(claims({{"aud", R"("other")"}})), Fault::audience},
      {first_key().sign(claims({{"iat", ""}})), Fault::time},
      // An ID token of ours says nothing about events.
      {first_key().sign(claims({{"events", ""}})), Fault::malformed},
  };
  for (const auto& [token, expected] : rows) {
    f.clock.advance(seconds(61));  // so that keys may be fetched once more
    EXPECT_EQ(f.fault_of(token), expected) << token;
  }
}

TEST(SecurityEventReader, FetchesKeysAnewForAKeyItDoesNotKnowAndNotTooOften) {
  Fixture f;
  ASSERT_FALSE(f.fault_of(first_key().sign(claims())));
  f.keys = second_key().jwk();

  EXPECT_EQ(f.fault_of(second_key().sign(claims())), std::nullopt);
  EXPECT_EQ(f.key_fetches, 2);
  const std::string trace_id(f.trace.trace_id());
  EXPECT_NE(f.log.text().find(trace_id), std::string::npos);
  for (const auto& fetch : f.client.seen())
    EXPECT_EQ(fetch.header("traceparent").substr(3, 32), trace_id) << fetch.url;
  const SigningKey stranger("key-3");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(f.fault_of(stranger.sign(claims())), Fault::provider_unreachable)
        << "it may come again";
  }
  EXPECT_EQ(f.key_fetches, 2);
  f.clock.advance(seconds(61));
  EXPECT_EQ(f.fault_of(stranger.sign(claims())), Fault::unknown_key);
  EXPECT_EQ(f.key_fetches, 3);
}

TEST(SecurityEventReader, JudgesNothingWhileTheKeysCannotBeHad) {
  Fixture f;
  f.down = true;
  EXPECT_EQ(f.fault_of(first_key().sign(claims())), Fault::provider_unreachable);
  f.down = false;
  EXPECT_EQ(f.fault_of(first_key().sign(claims())), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::identity
