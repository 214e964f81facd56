// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_credentials.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/oauth/test_request.h"

namespace gatehouse::oauth {
namespace {

std::string basic(std::string_view pair) { return "Basic " + base::base64_encode(pair); }

struct Case {
  std::string name;
  std::vector<std::string> authorization;
  http::FormFields fields;
  std::string id;  // empty: refused
  std::string secret;
};

TEST(ClientCredentials, ReadsEachFormAndNoMixture) {  // TK-14
  const Case cases[] = {
      {"public", {}, {{"client_id", "app"}}, "app", ""},
      {"in the form", {}, {{"client_id", "app"}, {"client_secret", "s"}}, "app", "s"},
      {"in the header", {basic("app:s")}, {}, "app", "s"},
      {"header with the id repeated", {basic("app:s")}, {{"client_id", "app"}}, "app", "s"},
      {"scheme in small letters", {"basic " + base::base64_encode("app:s")}, {}, "app", "s"},
      {"escaped in the header", {basic("a%3Ap:s%2B+t")}, {}, "a:p", "s+ t"},
      {"empty secret in the header", {basic("app:")}, {}, "app", ""},

      {"nothing", {}, {}, "", ""},
      {"both ways", {basic("app:s")}, {{"client_secret", "s"}}, "", ""},
      {"two ids", {basic("app:s")}, {{"client_id", "other"}}, "", ""},
      {"two headers", {basic("app:s"), basic("app:s")}, {}, "", ""},
      {"bad base64", {"Basic !!!"}, {}, "", ""},
      {"no colon", {basic("app")}, {}, "", ""},
      {"bad escape", {basic("app:%zz")}, {}, "", ""},
      {"another scheme", {"Bearer x"}, {{"client_id", "app"}}, "", ""},
      {"scheme alone", {"Basic"}, {}, "", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    TestRequest request(http::Method::post, "/token");
    request.form(c.fields);
    for (const std::string& value : c.authorization) request.header("Authorization", value);
    const auto form = FormBody::read(request.get());
    ASSERT_TRUE(form);

    const auto credentials = presented_credentials(request.get(), *form);

    ASSERT_EQ(static_cast<bool>(credentials), !c.id.empty());
    if (!credentials) {
      EXPECT_EQ(credentials.error().reason, Reason::invalid_client);
      continue;
    }
    EXPECT_EQ(credentials->client_id, c.id);
    EXPECT_EQ(credentials->secret.reveal(), c.secret);
  }
}

ClientCredentials shown(std::string_view secret) {
  ClientCredentials credentials;
  credentials.client_id = "app";
  credentials.secret = base::Secret::copy_of(secret);
  credentials.has_secret = !secret.empty();
  return credentials;
}

TEST(ClientCredentials, ProveTheClientTheyBelongTo) {  // DC-12
  Client secretive;
  secretive.authentication = ClientAuthentication::secret_basic;
  const crypto::Sha256 digest = crypto::sha256("right");
  secretive.secret_hash = base::base64url_encode(crypto::view(digest));
  Client open;

  EXPECT_TRUE(proves_client(shown("right"), secretive));
  EXPECT_FALSE(proves_client(shown("wrong"), secretive));
  EXPECT_FALSE(proves_client(shown(""), secretive));
  EXPECT_TRUE(proves_client(shown(""), open));
  EXPECT_FALSE(proves_client(shown("right"), open));
}

TEST(ClientCredentials, OfASigningClientAreItsAssertionOnly) {
  Client signer;
  signer.authentication = ClientAuthentication::private_key_jwt;
  EXPECT_FALSE(proves_client(shown(""), signer));
  EXPECT_FALSE(proves_client(shown("right"), signer));
}

struct BodyCase {
  std::string name;
  std::vector<std::string> types;
  std::string body;
  bool readable;
};

TEST(FormBody, ReadsFormsOnly) {  // TK-11, TK-12
  const std::string form = "application/x-www-form-urlencoded";
  const BodyCase cases[] = {
      {"form", {form}, "a=1&b=2", true},
      {"with charset", {form + "; charset=utf-8"}, "a=1", true},
      {"in capitals", {"Application/X-WWW-Form-Urlencoded"}, "a=1", true},
      {"resource twice", {form}, "resource=a&resource=b", true},
      {"JSON", {"application/json"}, "{}", false},
      {"multipart", {"multipart/form-data; boundary=x"}, "a=1", false},
      {"list of types", {"application/json, " + form}, "a=1", false},
      {"two headers", {form, form}, "a=1", false},
      {"none", {}, "a=1", false},
      {"code twice", {form}, "code=1&code=1", false},
      {"grant_type twice", {form}, "grant_type=a&grant_type=b", false},
      {"client_id twice", {form}, "client_id=a&client_id=b", false},
      {"broken escape", {form}, "a=%zz", false},
      {"too large", {form}, "a=" + std::string(17000, 'x'), false},
  };
  for (const BodyCase& c : cases) {
    SCOPED_TRACE(c.name);
    TestRequest request(http::Method::post, "/token");
    request.bare_body(c.body);
    for (const std::string& type : c.types) request.header("Content-Type", type);
    EXPECT_EQ(static_cast<bool>(FormBody::read(request.get())), c.readable);
  }
}

TEST(FormBody, TakesEmptyValuesForAbsent) {
  TestRequest request(http::Method::post, "/token");
  request.body("a=&b=1", "application/x-www-form-urlencoded");
  const auto form = FormBody::read(request.get());
  ASSERT_TRUE(form);
  EXPECT_FALSE(form->value("a"));
  EXPECT_EQ(form->value("b"), "1");
  EXPECT_TRUE(form->secret("c").empty());
}

}  // namespace
}  // namespace gatehouse::oauth
