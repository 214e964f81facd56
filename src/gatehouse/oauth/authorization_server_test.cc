// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_server.h"

#include <gtest/gtest.h>

#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

TEST(AuthorizationServer, ServesDiscoveryEverywhereClientsLook) {  // MD-03, MD-04
  ServerBench bench;
  for (const char* path :
       {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/sse", "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration"}) {
    SCOPED_TRACE(path);
    TestRequest request(http::Method::get, path);
    request.header("Host", "evil.example").header("X-Forwarded-Host", "evil.example");
    const http::Response response = bench.send(request);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(response.body.find("evil"), std::string::npos);  // T13
  }
  TestRequest unknown(http::Method::get, "/.well-known/oauth-authorization-server/mcp");
  EXPECT_EQ(bench.send(unknown).status, 404);
}

TEST(AuthorizationServer, AnswersPreflightsAndNoOtherMethods) {  // MD-09
  ServerBench bench;
  for (const char* path : {"/token", "/register", "/revoke"}) {
    SCOPED_TRACE(path);
    TestRequest preflight(http::Method::options, path);
    preflight.header("Origin", "https://inspector.example");
    const http::Response response = bench.send(preflight);
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Credentials"), "");
    EXPECT_NE(header_of(response, "Access-Control-Allow-Headers").find("Authorization"),
              std::string::npos);
    TestRequest get(http::Method::get, path);
    const http::Response refused = bench.send(get);
    EXPECT_EQ(refused.status, 405);
    EXPECT_NE(header_of(refused, "Allow"), "");
  }
}

// How a request to authorize is judged once its client has been looked up.
std::string kind_of(ServerBench& bench, const std::string& query) {
  TestRequest request(http::Method::get, "/authorize?" + query);
  const auto verdict = run(bench.server.authorization().read(request.get()));
  if (std::holds_alternative<AuthorizationRequest>(verdict)) return "in order";
  if (std::holds_alternative<RedirectRefusal>(verdict)) return "told the client";
  return std::get<LocalRefusal>(verdict).description;
}

TEST(AuthorizationEndpoint, LooksTheClientUpBeforeAnythingElse) {  // AZ-02, AZ-09
  ServerBench bench;
  const std::string app = bench.register_client();
  const std::string rest = "&response_type=code&code_challenge_method=S256&code_challenge=" +
                           code_challenge_for(bench.verifier) +
                           "&redirect_uri=" + "https%3A%2F%2Fclient.example%2Fcb";
  const std::size_t records = bench.keys().size();

  EXPECT_EQ(kind_of(bench, "client_id=" + app + rest), "in order");
  EXPECT_EQ(kind_of(bench, "client_id=" + app + rest + "&prompt=none"), "told the client");
  EXPECT_EQ(kind_of(bench, "client_id=gth_app_AAAAAAAAAAAAAAAAAAAAAA" + rest),
            "this client is not registered here");
  EXPECT_EQ(kind_of(bench, "client_id=" + app + "&client_id=" + app + rest),
            "client_id is missing or repeated");
  EXPECT_EQ(kind_of(bench, rest), "client_id is missing or repeated");
  EXPECT_EQ(kind_of(bench, "client_id=%zz"), "the request cannot be read");
  EXPECT_EQ(kind_of(bench, "client_id=" + app), "redirect_uri is missing or repeated");
  bench.store.failing = true;
  EXPECT_EQ(kind_of(bench, "client_id=" + app + rest), "the client cannot be looked up now");
  EXPECT_EQ(bench.keys().size(), records);
}

// A client that publishes itself at its id.
http::ScriptedClient::Answer publish(const http::SeenRequest& request) {
  const std::string document =
      R"({"client_id":")" + request.url +
      R"(","client_name":"App","redirect_uris":["https://client.example/cb"]})";
  return http::ScriptedClient::answer(200, document, {{"Content-Type", "application/json"}});
}

TEST(AuthorizationEndpoint, TakesClientsThatPublishThemselves) {  // CI-01
  ServerBench bench;
  const std::string rest = "&response_type=code&code_challenge_method=S256&code_challenge=" +
                           code_challenge_for(bench.verifier) + "&redirect_uri=";
  const std::string ours = rest + "https%3A%2F%2Fclient.example%2Fcb";
  const std::string id = "client_id=https%3A%2F%2Fapp.example%2Fclient.json";
  EXPECT_EQ(kind_of(bench, id + ours),
            "the client's metadata document could not be fetched; try again");
  bench.documents.set_script(publish);
  EXPECT_EQ(kind_of(bench, id + ours), "in order");
  EXPECT_EQ(kind_of(bench, id + rest + "https%3A%2F%2Fevil.example%2Fcb"),
            "redirect_uri is not one the client registered");
  EXPECT_EQ(kind_of(bench, "client_id=https%3A%2F%2F127.0.0.1%2Fc" + ours),
            "client_id has a host that is not a domain name");
  EXPECT_EQ(bench.count("CLIENT#"), 0u) << "no record is left";
}

TEST(AuthorizationEndpoint, KnowsSomeClientsWithoutTheirHosts) {
  ServerBench bench;
  const std::string query =
      "client_id=https%3A%2F%2Fclaude.ai%2Foauth%2Fclaude-code-client-metadata"
      "&response_type=code&code_challenge_method=S256&code_challenge=" +
      code_challenge_for(bench.verifier);
  EXPECT_EQ(kind_of(bench, query + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Fcallback"),
            "in order");
  EXPECT_EQ(kind_of(bench, query + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Fother"),
            "redirect_uri is not one the client registered");
}

TEST(TokenEndpoint, ServesClientsThatPublishThemselves) {
  ServerBench bench;
  bench.documents.set_script(publish);
  const std::string app = "https://app.example/client.json";
  const http::Response issued = bench.post("/token", bench.code_form(app, bench.code_for(app)));
  ASSERT_EQ(issued.status, 200) << issued.body;
  bench.clock.advance(std::chrono::hours(2));
  const http::FormFields refresh = {{"grant_type", "refresh_token"},
                                    {"refresh_token", json_field(issued, "refresh_token")},
                                    {"client_id", app}};
  EXPECT_EQ(bench.post("/token", refresh).status, 200);
  EXPECT_EQ(bench.count("CLIENT#"), 0u);
}

TEST(TokenEndpoint, TellsADocumentThatIsAwayFromOneThatIsGone) {
  ServerBench bench;
  const std::string app = "https://app.example/client.json";
  const http::FormFields form = bench.code_form(app, bench.code_for(app));
  const http::Response away = bench.post("/token", form);
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(json_field(away, "error"), "temporarily_unavailable");
  EXPECT_NE(header_of(away, "Retry-After"), "");
  bench.documents.set_script(
      [](const http::SeenRequest&) { return http::ScriptedClient::answer(404, ""); });
  const http::Response gone = bench.post("/token", form);
  EXPECT_EQ(gone.status, 401);
  EXPECT_EQ(json_field(gone, "error"), "invalid_client");
  bench.documents.set_script(publish);
  EXPECT_EQ(bench.post("/token", form).status, 200) << "the code was not used up";
}

TEST(AuthorizationEndpoint, SaysInTheLogWhatTheClientOrThePersonIsTold) {  // I14
  ServerBench bench;
  const std::string app = bench.register_client();
  const std::string redirect = "&redirect_uri=https%3A%2F%2Fclient.example%2Fcb";
  const auto logged = [&bench](const std::string& query, const std::string& line) {
    kind_of(bench, query);
    return bench.log.text().find("\"event\":\"authorization refused\"," + line) !=
           std::string::npos;
  };
  const std::string client = "\"client\":\"" + app + "\",";
  EXPECT_TRUE(logged("client_id=" + app + redirect + "&response_type=token",
                     client + "\"reason\":\"unsupported_response_type\""));
  EXPECT_TRUE(logged("client_id=" + app, client + "\"reason\":\"invalid_request\""));
  EXPECT_TRUE(logged("client_id=nobody", "\"client\":\"nobody\",\"reason\":\"invalid_client\""));
  EXPECT_TRUE(logged("client_id=%zz", "\"reason\":\"invalid_request\""));
}

TEST(AuthorizationEndpoint, GivesCodeStateAndIssuer) {  // AZ-15
  ServerBench bench;
  const AuthorizationRequest asked = bench.asked_by("gth_app_x");
  const auto completed = run(bench.server.authorization().complete(
      asked, asked.scopes, base::UserId("sub"), vault::UpstreamCredentials()));
  ASSERT_TRUE(completed);
  http::Response response = http::empty_response(302);
  response.with("Location", completed->location);
  EXPECT_TRUE(completed->location.starts_with("https://client.example/cb?code=gth_c_"));
  EXPECT_EQ("GRANT#" + completed->grant, bench.keys().front());
  EXPECT_EQ(completed->signed_in_at, bench.clock.now());
  EXPECT_EQ(location_field(response, "state"), "state");
  EXPECT_EQ(location_field(response, "iss"), "https://gate.example");
}

}  // namespace
}  // namespace gatehouse::oauth
