// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gatehouse::oauth {
namespace {

constexpr const char* kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
constexpr const char* kRedirect = "https://c.example/cb";

AuthorizationServerSettings settings() {
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  settings.scopes_supported = {"workspace.read", "workspace.write"};
  return settings;
}

Client client() {
  Client client;
  client.id = base::ClientId("gth_app_x");
  client.name = "Example";
  client.redirect_uris = {kRedirect, "http://127.0.0.1/cb", "https://c.example/q?a=1"};
  return client;
}

http::FormFields good() {
  return {{"response_type", "code"},         {"client_id", "gth_app_x"},
          {"redirect_uri", kRedirect},       {"code_challenge", kChallenge},
          {"code_challenge_method", "S256"}, {"state", "xyz"}};
}

http::FormFields with(std::string name, std::string value) {
  http::FormFields fields = good();
  std::erase_if(fields, [&name](const auto& field) { return field.first == name; });
  fields.emplace_back(std::move(name), std::move(value));
  return fields;
}

http::FormFields without(const std::string& name) {
  http::FormFields fields = good();
  std::erase_if(fields, [&name](const auto& field) { return field.first == name; });
  return fields;
}

http::FormFields adding(std::string name, std::string value) {
  http::FormFields fields = good();
  fields.emplace_back(std::move(name), std::move(value));
  return fields;
}

// "" for a request in order, "local NAME" or the `error` sent to the client.
std::string outcome(const http::FormFields& fields) {
  const auto verdict = judge_authorization_request(settings(), fields, client());
  if (std::holds_alternative<AuthorizationRequest>(verdict)) return "";
  if (std::holds_alternative<LocalRefusal>(verdict)) return "local";
  const std::string& location = std::get<RedirectRefusal>(verdict).location;
  const auto answer = http::parse_form(std::string_view(location).substr(location.find('?') + 1));
  EXPECT_TRUE(answer);
  EXPECT_EQ(http::single_field(*answer, "iss"), "https://gate.example");  // AZ-15
  return std::string(http::single_field(*answer, "error").value_or("?"));
}

struct Case {
  std::string name;
  http::FormFields fields;
  std::string outcome;
};

TEST(AuthorizationRequest, JudgesEveryParameter) {
  const Case cases[] = {
      {"in order", good(), ""},
      {"no state", without("state"), ""},
      {"resource", adding("resource", "https://gate.example/mcp"), ""},
      {"resource twice, both ours",
       [] {
         auto fields = adding("resource", "https://gate.example/mcp");
         fields.emplace_back("resource", "https://gate.example/");
         return fields;
       }(),
       ""},
      {"prompt=consent", adding("prompt", "consent"), ""},
      {"response_mode=query", adding("response_mode", "query"), ""},
      {"unknown parameter", adding("x", "y"), ""},
      {"loopback with a port", with("redirect_uri", "http://127.0.0.1:4711/cb"), ""},  // AZ-04

      {"redirect not registered", with("redirect_uri", "https://evil.example/"), "local"},  // AZ-01
      {"redirect with a slash more", with("redirect_uri", "https://c.example/cb/"), "local"},
      {"no redirect", without("redirect_uri"), "local"},
      {"redirect twice", adding("redirect_uri", kRedirect), "local"},  // AZ-09
      {"scope twice",
       [] {
         auto fields = adding("scope", "workspace.read");
         fields.emplace_back("scope", "workspace.write");
         return fields;
       }(),
       "invalid_request"},
      {"state twice", adding("state", "other"), "invalid_request"},
      {"unknown parameter twice",
       [] {
         auto fields = adding("x", "1");
         fields.emplace_back("x", "2");
         return fields;
       }(),
       "invalid_request"},
      {"no challenge", without("code_challenge"), "invalid_request"},        // AZ-06
      {"plain", with("code_challenge_method", "plain"), "invalid_request"},  // AZ-07
      {"no method", without("code_challenge_method"), "invalid_request"},
      {"method in small letters", with("code_challenge_method", "s256"), "invalid_request"},
      {"challenge of 42", with("code_challenge", std::string(42, 'a')),
       "invalid_request"},  // AZ-08
      {"challenge of 44", with("code_challenge", std::string(44, 'a')), "invalid_request"},
      {"challenge of 129", with("code_challenge", std::string(129, 'a')), "invalid_request"},
      {"padded challenge", with("code_challenge", std::string(kChallenge) + "="),
       "invalid_request"},
      {"illegal challenge", with("code_challenge", std::string(42, 'a') + "!"), "invalid_request"},
      {"response_type=token", with("response_type", "token"),
       "unsupported_response_type"},  // AZ-10
      {"response_type=id_token", with("response_type", "id_token"), "unsupported_response_type"},
      {"response_type=code token", with("response_type", "code token"),
       "unsupported_response_type"},
      {"response_type=none", with("response_type", "none"), "unsupported_response_type"},
      {"no response_type", without("response_type"), "invalid_request"},
      {"fragment mode", adding("response_mode", "fragment"), "invalid_request"},
      {"request object", adding("request", "eyJ"), "request_not_supported"},  // AZ-12
      {"request by reference", adding("request_uri", "https://evil.example/r"),
       "request_uri_not_supported"},
      {"registration", adding("registration", "{}"), "registration_not_supported"},
      {"state of 2 KB", with("state", std::string(2048, 's')), ""},
      {"state over 2 KB", with("state", std::string(2049, 's')), "invalid_request"},
      {"other resource", adding("resource", "https://other.example/mcp"),
       "invalid_target"},  // AZ-16
      {"resource with fragment", adding("resource", "https://gate.example/mcp#x"),
       "invalid_target"},
      {"relative resource", adding("resource", "/mcp"), "invalid_target"},
      {"one resource of two not ours",
       [] {
         auto fields = adding("resource", "https://gate.example/mcp");
         fields.emplace_back("resource", "https://other.example/");
         return fields;
       }(),
       "invalid_target"},
      {"prompt=none", adding("prompt", "none"), "interaction_required"},  // AZ-19
      {"prompt=none among others", adding("prompt", "login none"), "interaction_required"},
      {"no known scope", adding("scope", "mail calendar"), "invalid_scope"},
      {"malformed scope", adding("scope", "a\"b"), "invalid_scope"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.fields), c.outcome);
  }
}

Scopes granted(const std::string& scope) {
  const auto verdict = judge_authorization_request(settings(), adding("scope", scope), client());
  const auto* request = std::get_if<AuthorizationRequest>(&verdict);
  return request == nullptr ? Scopes{"refused"} : request->scopes;
}

TEST(AuthorizationRequest, GrantsWhatIsAskedForAndKnown) {
  EXPECT_EQ(granted(""), Scopes{"workspace.read"});
  EXPECT_EQ(granted("offline_access"), Scopes{"workspace.read"});
  EXPECT_EQ(granted("workspace.write openid"), Scopes{"workspace.write"});
  EXPECT_EQ(granted("workspace.read workspace.write"),
            (Scopes{"workspace.read", "workspace.write"}));
}

TEST(AuthorizationRequest, GivesTheStateBackUnchanged) {  // AZ-13
  std::string state;
  for (int c = 1; c < 128; ++c) state += static_cast<char>(c);
  state += "\xc3\xa4\xe2\x82\xac&=%+#";
  auto fields = with("state", state);
  fields.emplace_back("prompt", "none");

  const auto verdict = judge_authorization_request(settings(), fields, client());

  const std::string& location = std::get<RedirectRefusal>(verdict).location;
  EXPECT_EQ(location.find('\n'), std::string::npos);
  const auto answer = http::parse_form(std::string_view(location).substr(location.find('?') + 1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(http::single_field(*answer, "state"), state);
}

TEST(AuthorizationRequest, GivesAnEmptyStateBackAndNoneWhenNoneCame) {
  auto empty = with("state", "");
  empty.emplace_back("prompt", "none");
  const auto with_empty = judge_authorization_request(settings(), empty, client());
  EXPECT_NE(std::get<RedirectRefusal>(with_empty).location.find("&state=&"), std::string::npos);
  auto none = without("state");
  none.emplace_back("prompt", "none");
  const auto with_none = judge_authorization_request(settings(), none, client());
  EXPECT_EQ(std::get<RedirectRefusal>(with_none).location.find("state="), std::string::npos);
}

TEST(AuthorizationRequest, AddsToAQueryThatIsThereAlready) {
  auto fields = with("redirect_uri", "https://c.example/q?a=1");
  fields.emplace_back("prompt", "none");
  const auto verdict = judge_authorization_request(settings(), fields, client());
  EXPECT_TRUE(std::get<RedirectRefusal>(verdict).location.starts_with(
      "https://c.example/q?a=1&error=interaction_required&"));
}

TEST(AuthorizationRequest, ReadsBackWhatItWrites) {
  const auto verdict = judge_authorization_request(settings(), with("state", "a\nb\""), client());
  const auto& request = std::get<AuthorizationRequest>(verdict);
  EXPECT_EQ(request.resource, "https://gate.example/mcp");

  const auto read = request_from_json(request_to_json(request));

  ASSERT_TRUE(read);
  EXPECT_EQ(request_to_json(*read), request_to_json(request));
  EXPECT_EQ(read->state, "a\nb\"");
  EXPECT_FALSE(request_from_json("{}"));
}

}  // namespace
}  // namespace gatehouse::oauth
