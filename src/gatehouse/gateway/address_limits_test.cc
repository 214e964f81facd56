// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/address_limits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::gateway {
namespace {

using std::chrono::seconds;

std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::ResponseField& header : response.headers) {
    if (header.name == name) return header.value.str();
  }
  return {};
}

struct Caller {
  std::string address = "192.0.2.7";
  std::string accept = "text/html";
  std::string forwarded_for = "";
};

class AddressLimitsTest : public testing::Test {
 protected:
  template <class Do>
  auto with_request(const std::string& path, const Caller& caller, Do act) {
    std::vector<http::HeaderView> headers = {{"Accept", caller.accept}};
    if (!caller.forwarded_for.empty()) headers.push_back({"X-Forwarded-For", caller.forwarded_for});
    http::Request request;
    request.method = http::Method::post;
    request.method_name = "POST";
    request.path = path;
    request.peer = caller.address;
    request.headers = headers;
    return act(request);
  }
  std::optional<http::Response> ask(const std::string& path, const Caller& caller = {}) {
    return with_request(path, caller,
                        [this](const http::Request& request) { return limits_.refusal(request); });
  }
  // How many requests are let through before one is refused, of at most `most`.
  int room(const std::string& path, const Caller& caller = {}, int most = 10'000) {
    for (int i = 0; i < most; ++i) {
      if (ask(path, caller)) return i;
    }
    return most;
  }

  base::FixedClock clock_{base::from_epoch_seconds(1'800'000'000)};
  telemetry::MemoryLog log_;
  RefusalLog refusals_{1, clock_, log_};
  AddressLimits limits_{1, clock_, refusals_};
};

TEST_F(AddressLimitsTest, LimitsWhatCostsSomethingAndNothingElse) {
  EXPECT_EQ(room("/authorize"), 6000);
  EXPECT_EQ(room("/account"), 0) << "pages count together";
  EXPECT_EQ(room("/token"), 6000);
  EXPECT_EQ(room("/register"), 0);
  EXPECT_EQ(room("/oauth/google/events"), 600);
  for (const char* path : {"/", "/healthz", "/style.css", "/.well-known/oauth-protected-resource",
                           "/mcp", "/sse", "/messages", "/nowhere"}) {
    EXPECT_EQ(room(path), 10'000) << path;
  }
}

TEST_F(AddressLimitsTest, OneAddressLeavesRoomForOthers) {
  EXPECT_EQ(room("/token"), 6000);
  EXPECT_EQ(room("/token", {.address = "192.0.2.8"}, 10), 10);
  EXPECT_EQ(room("/token", {.forwarded_for = "192.0.2.9"}, 10), 10) << "as our proxy saw it";
  EXPECT_EQ(room("/token", {.forwarded_for = "192.0.2.9, 192.0.2.7"}, 10), 0)
      << "and not as the caller says";
}

TEST_F(AddressLimitsTest, ANetworkOfIpv6IsOneAddress) {
  for (int i = 0; i < 600; ++i) {
    ASSERT_FALSE(ask("/oauth/google/events", {.address = "2001:db8::" + std::to_string(i)}));
  }
  EXPECT_TRUE(ask("/oauth/google/events", {.address = "2001:db8::ffff"}));
  EXPECT_FALSE(ask("/oauth/google/events", {.address = "2001:db8:0:1::1"}));
}

TEST_F(AddressLimitsTest, SaysWhenToComeBackAndMeansIt) {
  ASSERT_EQ(room("/login"), 6000);
  const auto refused = ask("/login");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(header_of(*refused, "Retry-After"), "1");
  clock_.advance(seconds(1));
  EXPECT_EQ(room("/login"), 50);
}

TEST_F(AddressLimitsTest, AnswersEachInTheFormItReads) {
  room("/authorize");
  room("/token");
  room("/oauth/google/events");

  const auto page = ask("/authorize");
  ASSERT_TRUE(page);
  EXPECT_TRUE(header_of(*page, "Content-Type").starts_with("text/html"));
  EXPECT_NE(page->body.find("Wait 1 s"), std::string::npos) << page->body;
  EXPECT_NE(header_of(*page, "Content-Security-Policy"), "");
  const auto probe = ask("/authorize", {.accept = "application/json"});
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->body.find("{\"error\":\"temporarily_unavailable\""), 0U) << probe->body;
  const auto token = ask("/token");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->body.find("{\"error\":\"temporarily_unavailable\""), 0U) << token->body;
  EXPECT_EQ(header_of(*token, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(*token, "Access-Control-Allow-Origin"), "*");
  const auto event = ask("/oauth/google/events");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->body, "");
  for (const auto& refused : {page, probe, token, event}) {
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(header_of(*refused, "Retry-After"), "1");
  }
  EXPECT_NE(log_.text().find("too many requests"), std::string::npos);  // I14
}

TEST_F(AddressLimitsTest, BadTokensAreCountedByAddress) {
  const auto count = [this](const Caller& caller) {
    return with_request("/mcp", caller, [this](const http::Request& request) {
      const bool expected = limits_.has_shown_too_many_bad_tokens(request);
      const auto wait = limits_.count_bad_token(request);
      EXPECT_EQ(expected, wait.has_value());
      return wait;
    });
  };
  for (int i = 0; i < 600; ++i) ASSERT_FALSE(count({}));
  EXPECT_EQ(count({}), seconds(1));
  EXPECT_FALSE(count({.address = "192.0.2.8"}));
  clock_.advance(seconds(1));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(count({}));
  EXPECT_TRUE(count({}));
}

// 10,000 are remembered; those beyond share what one may do.
TEST_F(AddressLimitsTest, RemembersSoManyAddresses) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(ask("/oauth/google/events", {.address = "address " + std::to_string(i)}));
  }
  int admitted = 0;
  for (int i = 0; i < 2'000; ++i) {
    admitted += ask("/oauth/google/events", {.address = "newcomer " + std::to_string(i)}) ? 0 : 1;
  }
  EXPECT_EQ(admitted, 600);
  EXPECT_FALSE(ask("/oauth/google/events", {.address = "address 7"}));
}

}  // namespace
}  // namespace gatehouse::gateway
