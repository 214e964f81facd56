// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/secret_form.h"

#include <gtest/gtest.h>

#include "gatehouse/http/url.h"

namespace gatehouse::http {
namespace {

TEST(SecretForm, EncodesEverythingButUnreservedCharacters) {
  SecretForm form;
  form.add("code", "4/0Ab&c=d+e %\r\n");
  form.add("empty", "");
  form.add("a-b._~", "\xc3\xa9");
  EXPECT_EQ(form.take().reveal(), "code=4%2F0Ab%26c%3Dd%2Be%20%25%0D%0A&empty=&a-b._~=%C3%A9");
}

TEST(SecretForm, IsReadBackByTheFormParser) {
  SecretForm form;
  form.add("client_secret", "GOCSPX-a/b+c=");
  form.add("grant_type", "refresh_token");
  const auto text = form.take();
  const auto fields = http::parse_form(text.reveal());
  ASSERT_TRUE(fields);
  EXPECT_EQ(http::single_field(*fields, "client_secret"), "GOCSPX-a/b+c=");
  EXPECT_EQ(http::single_field(*fields, "grant_type"), "refresh_token");
}

TEST(SecretForm, IsEmptyWithoutFields) {
  SecretForm form;
  EXPECT_TRUE(form.take().empty());
}

}  // namespace
}  // namespace gatehouse::http
