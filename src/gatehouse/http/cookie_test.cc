// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/cookie.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::http {
namespace {

using std::chrono::seconds;

std::optional<std::string> read(const CookiePolicy& policy,
                                const std::vector<std::string_view>& cookie_headers) {
  std::vector<HeaderView> fields;
  for (std::string_view value : cookie_headers) fields.push_back({"cookie", value});
  Request request;
  request.headers = fields;
  auto value = policy.read(request, "login");
  if (!value) return std::nullopt;
  return std::string(*value);
}

// CO-14
TEST(CookiePolicy, SecureOriginGetsEveryAttribute) {
  const CookiePolicy policy(true);

  EXPECT_EQ(policy.set("login", "abc", seconds(600)),
            "__Host-login=abc; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(policy.clear("login"),
            "__Host-login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

TEST(CookiePolicy, LoopbackOriginDropsPrefixAndSecureOnly) {
  EXPECT_EQ(CookiePolicy(false).set("login", "abc", seconds(600)),
            "login=abc; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
}

TEST(CookiePolicy, ReadsTheCookieWithItsPrefix) {
  const CookiePolicy policy(true);

  EXPECT_EQ(read(policy, {"a=b; __Host-login=xyz; c=d"}), "xyz");
  EXPECT_EQ(read(policy, {"__Host-login=xyz"}), "xyz");
  EXPECT_EQ(read(policy, {"a=b", "__Host-login=x=y="}), "x=y=");
  EXPECT_EQ(read(policy, {"__Host-login="}), "");
  EXPECT_EQ(read(CookiePolicy(false), {"login=plain"}), "plain");
}

TEST(CookiePolicy, RefusesWhatIsNotExactlyOneCookie) {
  const CookiePolicy policy(true);

  EXPECT_EQ(read(policy, {}), std::nullopt);
  EXPECT_EQ(read(policy, {""}), std::nullopt);
  EXPECT_EQ(read(policy, {"login=xyz"}), std::nullopt) << "no prefix";
  EXPECT_EQ(read(policy, {"__host-login=xyz"}), std::nullopt) << "prefix in another case";
  EXPECT_EQ(read(policy, {"__Host-login2=xyz; __Host-log=in"}), std::nullopt);
  EXPECT_EQ(read(policy, {"__Host-login=a; __Host-login=b"}), std::nullopt);
  EXPECT_EQ(read(policy, {"__Host-login=a", "__Host-login=a"}), std::nullopt);
  EXPECT_EQ(read(policy, {"__Host-login=\"quoted\""}), std::nullopt);
  EXPECT_EQ(read(policy, {"__Host-login=a\x80"}), std::nullopt);
  EXPECT_EQ(read(policy, {"__Host-login"}), std::nullopt);
  EXPECT_EQ(read(policy, {";;;; ; "}), std::nullopt);
}

TEST(CookiePolicyDeathTest, ValueThatWouldSplitTheHeaderEndsTheProcess) {
  EXPECT_DEATH((void)CookiePolicy(true).set("login", "a;b", seconds(1)), "is_cookie_value");
  EXPECT_DEATH((void)CookiePolicy(true).set("login", "a\r\nb", seconds(1)), "is_cookie_value");
}

}  // namespace
}  // namespace gatehouse::http
