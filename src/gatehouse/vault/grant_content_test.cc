// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_content.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::vault {
namespace {

GrantContent content_with_scopes(std::size_t count) {
  GrantContent content;
  content.subject = base::UserId("1234567890");
  content.expires = base::from_epoch_seconds(1'800'000'000);
  content.redirect_uri = "https://app.example/back";
  content.upstream.access_token = base::Secret::copy_of("ya29.access");
  content.upstream.scopes.assign(count, "gmail.readonly");
  content.upstream.email = "ann@acme.example";
  return content;
}

TEST(GrantContent, ReadsBackWhatItWrote) {
  for (const std::size_t scopes : {0U, 1U, 256U}) {
    const base::Secret bytes = encode(content_with_scopes(scopes));
    const auto read = decode_grant_content(bytes);
    ASSERT_TRUE(read) << scopes;
    EXPECT_EQ(encode(*read).reveal(), bytes.reveal());
    EXPECT_EQ(read->upstream.scopes.size(), scopes);
    EXPECT_EQ(read->upstream.email, "ann@acme.example");
  }
}

TEST(GrantContent, RefusesACountOfScopesThatItWouldNotReadWhole) {
  std::string bytes(encode(content_with_scopes(256)).reveal());
  const std::size_t count_at = bytes.find(std::string("\x01\x00\x00\x0e", 4));
  ASSERT_NE(count_at, std::string::npos);
  ASSERT_TRUE(decode_grant_content(base::Secret::copy_of(bytes)));
  bytes[count_at + 1] = '\x07';
  EXPECT_FALSE(decode_grant_content(base::Secret::copy_of(bytes)));
}

TEST(GrantContent, RefusesWhatIsCutOrGoesOn) {
  const std::string whole(encode(content_with_scopes(1)).reveal());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_grant_content(base::Secret::copy_of(whole.substr(0, size)))) << size;
  }
  EXPECT_FALSE(decode_grant_content(base::Secret::copy_of(whole + "x")));
}

}  // namespace
}  // namespace gatehouse::vault
