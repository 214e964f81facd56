// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/bearer_guard.h"

#include <gtest/gtest.h>

#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::oauth {
namespace {

class BearerGuardTest : public testing::Test {
 protected:
  ServerBench bench;
  const std::string app = bench.register_client();
  const http::Response tokens = bench.post("/token", bench.code_form(app, bench.code_for(app)));
  const std::string access = json_field(tokens, "access_token");

  base::Result<Admitted, http::Response> admit(TestRequest& request) {
    return run(bench.server.guard().admit(request.get(), Endpoint::mcp));
  }
  int status_with(const std::vector<std::string>& headers, const std::string& target = "/mcp") {
    TestRequest request(http::Method::post, target);
    for (const std::string& value : headers) request.header("Authorization", value);
    const auto admitted = admit(request);
    return admitted ? 200 : admitted.error().status;
  }
};

TEST_F(BearerGuardTest, AdmitsALiveToken) {
  TestRequest request(http::Method::post, "/mcp");
  request.header("Authorization", "Bearer " + access);
  const auto admitted = admit(request);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->grant->client.str(), app);
  EXPECT_EQ(admitted->grant->scopes, Scopes{"workspace.read"});
  EXPECT_EQ(admitted->access_token, access);
}

TEST_F(BearerGuardTest, ChallengesWithoutAnErrorWhenNothingWasSent) {  // MD-01
  TestRequest request(http::Method::get, "/mcp");
  const auto admitted = admit(request);
  ASSERT_FALSE(admitted);
  const http::Response& response = admitted.error();
  EXPECT_EQ(response.status, 401);
  const std::string challenge = header_of(response, "WWW-Authenticate");
  EXPECT_TRUE(challenge.starts_with("Bearer resource_metadata=\"https://gate.example/"));
  EXPECT_EQ(challenge.find("error"), std::string::npos);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "");
}

TEST_F(BearerGuardTest, TakesOneUnambiguousHeader) {  // RS-06
  EXPECT_EQ(status_with({"bearer " + access}), 200);
  EXPECT_EQ(status_with({"BEARER  " + access}), 200);
  EXPECT_EQ(status_with({"Bearer " + access, "Bearer " + access}), 401);
  EXPECT_EQ(status_with({"Bearer " + access + ", Bearer " + access}), 401);
  EXPECT_EQ(status_with({"Bearer"}), 401);
  EXPECT_EQ(status_with({"Bearer "}), 401);
  EXPECT_EQ(status_with({"Basic " + access}), 401);
  EXPECT_EQ(status_with({access}), 401);
}

TEST_F(BearerGuardTest, RefusesTokensInTheQuery) {  // RS-01
  EXPECT_EQ(status_with({}, "/mcp?access_token=" + access), 401);
  EXPECT_EQ(status_with({"Bearer " + access}, "/mcp?x=1&access_token=" + access), 401);
  EXPECT_EQ(status_with({"Bearer " + access}, "/mcp?my_access_token=1"), 200);
  EXPECT_EQ(bench.log.text().find(access), std::string::npos);
}

TEST_F(BearerGuardTest, RefusesEverythingThatIsNoTokenOfOurs) {  // MD-02, RS-02
  const std::string refresh = json_field(tokens, "refresh_token");
  for (const std::string& token :
       {std::string("x"), access.substr(0, access.size() - 1), access + "A", refresh,
        std::string(64 * 1024, 'a'), std::string("\xc3\xa4"), std::string("ya29.a0Af"),
        std::string("eyJhbGciOiJSUzI1NiJ9.e30.AA")}) {
    TestRequest request(http::Method::post, "/mcp");
    request.header("Authorization", "Bearer " + token);
    const auto admitted = admit(request);
    ASSERT_FALSE(admitted);
    EXPECT_EQ(admitted.error().status, 401);
    EXPECT_TRUE(header_of(admitted.error(), "WWW-Authenticate")
                    .starts_with("Bearer error=\"invalid_token\""));
  }
}

TEST_F(BearerGuardTest, SaysInTheLogWhyItRefused) {  // I14
  const auto logged = [this](const std::string& reason) {
    return bench.log.text().find("\"event\":\"token refused\",\"reason\":\"" + reason + "\"") !=
           std::string::npos;
  };
  status_with({"Bearer x"});
  EXPECT_TRUE(logged("malformed"));
  EXPECT_FALSE(logged("ambiguous"));
  status_with({"Bearer " + access, "Bearer " + access});
  EXPECT_TRUE(logged("ambiguous"));
  EXPECT_EQ(bench.log.text().find("no token"), std::string::npos);
  status_with({});
  EXPECT_NE(bench.log.text().find("no token"), std::string::npos);
}

TEST_F(BearerGuardTest, RefusesATokenFromTheSecondItExpires) {  // RS-10
  bench.clock.advance(std::chrono::seconds(3599));
  EXPECT_EQ(status_with({"Bearer " + access}), 200);
  bench.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(status_with({"Bearer " + access}), 401);
}

TEST_F(BearerGuardTest, AnswersAFailingStoreWith503) {  // I9, I13
  bench.store.failing = true;
  TestRequest request(http::Method::post, "/mcp");
  request.header("Authorization", "Bearer " + access);
  const auto admitted = admit(request);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().status, 503);
  EXPECT_NE(header_of(admitted.error(), "Retry-After"), "");
  EXPECT_EQ(header_of(admitted.error(), "WWW-Authenticate"), "");
}

TEST_F(BearerGuardTest, NamesTheScopesAnOperationNeeds) {  // MD-08
  const http::Response response =
      bench.server.guard().insufficient_scope(Endpoint::mcp, {"workspace.write"});
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(header_of(response, "WWW-Authenticate").find("scope=\"workspace.write\""),
            std::string::npos);
}

}  // namespace
}  // namespace gatehouse::oauth
