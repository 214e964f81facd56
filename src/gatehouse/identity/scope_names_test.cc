// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/scope_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ScopeNames, MakesUrlsOfShortNames) {
  EXPECT_EQ(google_scope_url("gmail.readonly"), "https://www.googleapis.com/auth/gmail.readonly");
  EXPECT_EQ(google_scope_url("drive"), "https://www.googleapis.com/auth/drive");
  EXPECT_EQ(google_scope_url("mail.google.com"), "https://mail.google.com/");
}

TEST(ScopeNames, LeavesUrlsAndOpenIdScopes) {
  for (const auto* scope : {"openid", "email", "profile", "https://www.googleapis.com/auth/drive",
                            "https://mail.google.com/"}) {
    EXPECT_EQ(google_scope_url(scope), scope);
  }
}

TEST(ScopeNames, ReadsGooglesListInShortNames) {
  EXPECT_THAT(
      short_scope_names("openid https://www.googleapis.com/auth/userinfo.email "
                        "https://www.googleapis.com/auth/userinfo.profile "
                        "https://www.googleapis.com/auth/gmail.readonly https://mail.google.com/"),
      ElementsAre("openid", "email", "profile", "gmail.readonly", "mail.google.com"));
}

TEST(ScopeNames, SkipsEmptyAndRepeatedNames) {
  EXPECT_THAT(short_scope_names("  openid  openid "), ElementsAre("openid"));
  EXPECT_THAT(short_scope_names(""), IsEmpty());
  EXPECT_THAT(short_scope_names("email https://www.googleapis.com/auth/userinfo.email"),
              ElementsAre("email"));
}

TEST(ScopeNames, ReadsAtMostSixtyFour) {
  std::string list;
  for (int i = 0; i < 1'000; ++i) list += "s" + std::to_string(i) + " ";
  EXPECT_EQ(short_scope_names(list).size(), 64u);
}

}  // namespace
}  // namespace gatehouse::identity
