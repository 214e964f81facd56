// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/limited_router.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/oauth/test_request.h"

namespace gatehouse::gateway {
namespace {

base::Coroutine<http::Response> say_ok(const http::Request&) {
  http::Response response = http::text_response(200, "ok");
  co_return response;
}

class LimitedRouterTest : public testing::Test {
 protected:
  LimitedRouterTest() {
    for (const char* path : {"/token", "/healthz"}) {
      routes_.add({http::Method::post, path, http::Access::open, say_ok});
    }
  }
  int ask(http::Method method, const std::string& target) {
    oauth::TestRequest request(method, target);
    return oauth::run(router_.handle(request.get())).status;
  }

  base::FixedClock clock_{base::from_epoch_seconds(1'800'000'000)};
  telemetry::MemoryLog log_;
  RefusalLog refusals_{0, clock_, log_};
  AddressLimits limits_{0, clock_, refusals_};
  http::Router routes_;
  LimitedRouter router_{routes_, limits_, refusals_};
};

TEST_F(LimitedRouterTest, LeavesAnEventForWhatNoRouteTakes) {  // I14
  EXPECT_EQ(ask(http::Method::post, "/token"), 200);
  EXPECT_EQ(log_.text(), "");

  EXPECT_EQ(ask(http::Method::get, "/wp-login.php?secret=1"), 404);
  EXPECT_NE(log_.text().find(R"("status":404,"reason":"no such path")"), std::string::npos)
      << log_.text();
  EXPECT_EQ(ask(http::Method::get, "/token"), 405);
  EXPECT_NE(log_.text().find(R"("status":405,"reason":"method")"), std::string::npos)
      << log_.text();
  EXPECT_EQ(log_.text().find("wp-login"), std::string::npos) << "nothing of theirs";
}

TEST_F(LimitedRouterTest, RefusesBeforeTheRouteLooks) {
  int answered = 0;
  while (answered < 10'000 && ask(http::Method::post, "/token") == 200) ++answered;
  EXPECT_EQ(answered, 6000);
  EXPECT_EQ(ask(http::Method::post, "/token"), 429);
  EXPECT_EQ(ask(http::Method::post, "/healthz"), 200);
}

}  // namespace
}  // namespace gatehouse::gateway
