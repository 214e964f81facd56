// SPDX-License-Identifier: Apache-2.0
//
// The whole gateway put together, over a memory store and an unreachable Google: what every route
// does without a token.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "gatehouse/gateway/address_limits.h"
#include "gatehouse/gateway/wiring.h"

namespace gatehouse::gateway {
namespace {

class RoutesTest : public testing::Test {
 protected:
  void SetUp() override {
    key_path_ = testing::TempDir() + "gatehouse-routes-test.key";
    std::filesystem::remove(key_path_);
    auto config = make_config({{"GOOGLE_CLIENT_ID", "id"},
                               {"GOOGLE_CLIENT_SECRET", "s3cret-value"},
                               {"ALLOWED_DOMAINS", "acme.example"},
                               {"GATEHOUSE_STORE", "memory:"},
                               {"GATEHOUSE_KEY", "file:" + key_path_},
                               {"GOOGLE_ISSUER", "http://127.0.0.1:1"}});
    ASSERT_TRUE(config);
    config_ = std::move(*config);
    auto backends = Backends::open(loop_, config_, clock_, random_, log_);
    ASSERT_TRUE(backends) << backends.error().detail;
    backends_ = std::move(*backends);
    gateway_ = std::make_unique<Gateway>(loop_, config_, *backends_, clock_, random_, log_);
  }
  void TearDown() override { std::filesystem::remove(key_path_); }

  http::Response call(http::Method method, std::string path,
                      std::vector<http::HeaderView> headers = {}, std::string body = "") {
    body.reserve(body.size() + 64);
    http::Request request;
    request.method = method;
    request.path = path;
    request.target = path;
    request.headers = headers;
    request.body = body;
    request.peer = "127.0.0.1";
    http::Response answer;
    loop_.restart();
    boost::asio::co_spawn(loop_.get_executor(), gateway_->routes().handle(request),
                          [&](std::exception_ptr trouble, http::Response response) {
                            if (trouble) std::rethrow_exception(trouble);
                            answer = std::move(response);
                          });
    loop_.run();
    return answer;
  }

  static std::string header(const http::Response& response, std::string_view name) {
    for (const http::ResponseField& h : response.headers) {
      if (h.name == name) return h.value.str();
    }
    return "";
  }

  std::string key_path_;
  Config config_;
  base::SystemClock clock_;
  base::SeededRandom random_{7};
  telemetry::MemoryLog log_;
  boost::asio::io_context loop_{1};
  std::unique_ptr<Backends> backends_;
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(RoutesTest, EveryBearerRouteWantsAToken) {  // RS-03, T20
  int checked = 0;
  for (const http::Route& route : gateway_->routes().routes()) {
    if (route.access != http::Access::bearer) continue;
    SCOPED_TRACE(route.path);
    http::Response response = call(route.method, route.path);
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(header(response, "WWW-Authenticate")
                  .find("resource_metadata=\"http://localhost:8080/.well-known/"),
              std::string::npos);
    EXPECT_EQ(header(response, "WWW-Authenticate").find("error="), std::string::npos);  // MD-01
    ++checked;
  }
  EXPECT_GE(checked, 20);
}

TEST_F(RoutesTest, GarbageTokensAreInvalid) {  // MD-02, RS-02
  for (std::string token : {"x", "ya29.google-looking", "gth_a_", "\x80\xff"}) {
    std::string value = "Bearer " + token;
    http::Response response = call(http::Method::post, "/mcp", {{"Authorization", value}});
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(header(response, "WWW-Authenticate").find("error=\"invalid_token\""),
              std::string::npos);
  }
}

TEST_F(RoutesTest, TheOlderTransportNamesItsOwnMetadata) {  // MD-03
  for (const char* path : {"/sse", "/sse/", "/messages"}) {
    EXPECT_NE(header(call(http::Method::get, path), "WWW-Authenticate")
                  .find("/.well-known/oauth-protected-resource/sse\""),
              std::string::npos)
        << path;
    http::Response preflight =
        call(http::Method::options, path, {{"Origin", "http://localhost:8080"}});
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "http://localhost:8080");
  }
}

TEST_F(RoutesTest, AnswersForOneOriginAreKeptFromAnother) {  // SE-19
  for (http::Method method : {http::Method::options, http::Method::post}) {
    http::Response response = call(method, "/mcp", {{"Origin", "http://localhost:8080"}});
    EXPECT_EQ(header(response, "Vary"), "Authorization, Origin");
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "http://localhost:8080");
    EXPECT_NE(header(response, "Access-Control-Expose-Headers").find("Retry-After"),
              std::string::npos);
  }
  EXPECT_EQ(header(call(http::Method::post, "/mcp"), "Vary"), "Authorization, Origin");
}

TEST_F(RoutesTest, OpenRoutesAreExactlyThose) {
  std::set<std::string> open;
  for (const http::Route& route : gateway_->routes().routes()) {
    if (route.access == http::Access::open && route.method != http::Method::options)
      open.insert(route.path);
  }
  for (const char* path :
       {"/healthz", "/token", "/register", "/revoke", "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration"}) {
    EXPECT_TRUE(open.contains(path)) << path;
  }
  for (const char* path : {"/mcp", "/sse", "/messages"}) EXPECT_FALSE(open.contains(path)) << path;
}

TEST_F(RoutesTest, EveryRouteIsTheBearersOrHasACost) {
  for (const http::Route& route : gateway_->routes().routes()) {
    if (route.access == http::Access::bearer) continue;
    EXPECT_TRUE(cost_of(route.method, route.path)) << route.path << ": see address_limits.cc";
  }
  EXPECT_FALSE(cost_of(http::Method::get, "/new-route"));
}

TEST_F(RoutesTest, BadTokensAreTooManyAtSomeTime) {
  int refused = 0;
  http::Response response;
  while (refused < 2'000) {
    response = call(http::Method::post, "/mcp", {{"Authorization", "Bearer garbage"}});
    if (response.status != 401) break;
    ++refused;
  }
  EXPECT_GE(refused, 600);
  ASSERT_EQ(response.status, 429);
  EXPECT_EQ(header(response, "Retry-After"), "1");
  EXPECT_EQ(call(http::Method::post, "/mcp").status, 401) << "who shows none is not counted";
}

TEST_F(RoutesTest, SecurityEventsAreTakenFromWhoeverCanSignThem) {
  http::Response response = call(http::Method::post, "/oauth/google/events", {}, "not a token");
  EXPECT_EQ(response.status, 503) << "Google cannot be reached here, so nothing is judged";
  EXPECT_EQ(header(response, "Retry-After"), "30");
}

TEST_F(RoutesTest, HealthAsksNothingOfGoogle) {  // MR-10
  EXPECT_EQ(call(http::Method::get, "/healthz").status, 200);
}

TEST_F(RoutesTest, VisitorsGetNoCookie) {  // NOEMPTY
  for (const char* path : {"/", "/healthz", "/account", "/style.css",
                           "/.well-known/oauth-authorization-server", "/nowhere"}) {
    EXPECT_EQ(header(call(http::Method::get, path), "Set-Cookie"), "") << path;
  }
}

TEST_F(RoutesTest, MetadataNamesOurOwnEndpoints) {  // MD-03, MD-04
  http::Response response = call(http::Method::get, "/.well-known/oauth-authorization-server");

  ASSERT_EQ(response.status, 200);
  for (const char* part :
       {R"("issuer":"http://localhost:8080")", R"("code_challenge_methods_supported":["S256"])",
        R"("authorization_response_iss_parameter_supported":true)"}) {
    EXPECT_NE(response.body.find(part), std::string::npos) << part << " in " << response.body;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
