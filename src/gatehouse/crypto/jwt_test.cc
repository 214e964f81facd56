// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/crypto/jwt.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/crypto/known_answers.h"

namespace gatehouse::crypto {
namespace {

using base::base64url_encode;
using base::Errc;

// A signing key made and used by OpenSSL alone, so that cjose is not checked against itself.
class SigningKey {
 public:
  static SigningKey rsa(std::size_t bits) { return SigningKey(EVP_RSA_gen(bits)); }
  static SigningKey ec(const char* curve) { return SigningKey(EVP_EC_gen(curve)); }

  std::string number(const char* name, std::size_t size = 0) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &value), 1);
    std::string bytes(std::max<std::size_t>(size, BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), int(bytes.size()));
    BN_free(value);
    return bytes;
  }

  std::string rsa_jwk(const std::string& kid, const std::string& more = "") const {
    return R"({"kty":"RSA","kid":")" + kid + R"(","n":")" +
           base64url_encode(number(OSSL_PKEY_PARAM_RSA_N)) + R"(","e":")" +
           base64url_encode(number(OSSL_PKEY_PARAM_RSA_E)) + "\"" + more + "}";
  }

  std::string ec_jwk(const std::string& kid, const std::string& crv = "P-256",
                     const std::string& more = "") const {
    return R"({"kty":"EC","kid":")" + kid + R"(","crv":")" + crv + R"(","x":")" +
           base64url_encode(number(OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
           base64url_encode(number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + "\"" + more + "}";
  }

  std::string der_signature(const std::string& text) const {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                             &size, bytes, text.size()),
              1);
    signature.resize(size);
    return signature;
  }

  // RFC 7518 section 3.4: R and S, each of 32 bytes.
  std::string ec_signature(const std::string& text) const {
    const std::string der = der_signature(text);
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &bytes, long(der.size())), ECDSA_SIG_free);
    std::string raw(64, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32);
    return raw;
  }

  std::string rs256(const std::string& header, const std::string& payload) const {
    const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
    return text + "." + base64url_encode(der_signature(text));
  }

  std::string es256(const std::string& header, const std::string& payload) const {
    const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
    return text + "." + base64url_encode(ec_signature(text));
  }

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}
  std::shared_ptr<EVP_PKEY> key_;
};

constexpr const char* kPayload = R"({"sub":"1234","iss":"https://accounts.google.com"})";

// Keys are slow to make, so every test shares these.
struct Keys {
  SigningKey rsa = SigningKey::rsa(2048);
  SigningKey other_rsa = SigningKey::rsa(2048);
  SigningKey ec = SigningKey::ec("P-256");
  std::string set_text =
      "{\"keys\":[" + rsa.rsa_jwk("r") + "," + ec.ec_jwk("e") + "," + other_rsa.rsa_jwk("o") + "]}";
};

const Keys& keys() {
  static const Keys made;
  return made;
}

JwkSet parse_set(const std::string& text) {
  auto parsed = JwkSet::parse(text);
  EXPECT_TRUE(parsed);
  return std::move(*parsed);
}

JwkSet usual_set() { return parse_set(keys().set_text); }

Errc refusal_of(const JwkSet& set, const std::string& jws) {
  const auto verified = set.verify(jws);
  EXPECT_FALSE(verified) << jws;
  return verified ? Errc::internal : verified.error().code;
}

TEST(JwkSet, VerifiesRs256AndEs256) {
  const JwkSet set = usual_set();
  const auto rs =
      set.verify(keys().rsa.rs256(R"({"alg":"RS256","kid":"r","typ":"JWT"})", kPayload));
  ASSERT_TRUE(rs);
  EXPECT_EQ(*rs, kPayload);
  const auto es = set.verify(keys().ec.es256(R"({"alg":"ES256","kid":"e"})", kPayload));
  ASSERT_TRUE(es);
  EXPECT_EQ(*es, kPayload);
}

TEST(JwkSet, TellsTheTypeOfWhatItVerified) {
  const auto key = SigningKey::ec("P-256");
  const auto set = JwkSet::parse(R"({"keys":[)" + key.ec_jwk("e") + "]}");
  ASSERT_TRUE(set);
  const auto type_under = [&](const std::string& member) {
    const auto verified =
        set->verify_typed(key.es256(R"({"alg":"ES256","kid":"e")" + member + "}", "{}"));
    EXPECT_TRUE(verified) << member;
    EXPECT_EQ(verified->payload, "{}");
    return verified->type;
  };
  EXPECT_EQ(type_under(R"(,"typ":"oauth-id-jag+jwt")"), "oauth-id-jag+jwt");
  EXPECT_EQ(type_under(""), "");
  EXPECT_EQ(type_under(R"(,"typ":7)"), "");
}

TEST(JwkSet, FindsTheKeyByItsId) {
  const JwkSet set = usual_set();
  EXPECT_EQ(set.size(), 3u);
  EXPECT_TRUE(set.has_key("r"));
  EXPECT_FALSE(set.has_key("R"));
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256","kid":"o"})", kPayload)),
            Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256","kid":"gone"})", kPayload)),
            Errc::not_found);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256"})", kPayload)), Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256","kid":7})", kPayload)),
            Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256","kid":""})", kPayload)),
            Errc::denied);
}

TEST(JwkSet, RefusesEveryOtherAlgorithm) {
  const JwkSet set = usual_set();
  for (const std::string alg : {"none", "None", "NONE", "HS256", "RS384", "RS512", "PS256", "ES384",
                                "EdDSA", "rs256", "", "RS256 "}) {
    const std::string header = R"({"alg":")" + alg + R"(","kid":"r"})";
    EXPECT_EQ(refusal_of(set, keys().rsa.rs256(header, kPayload)), Errc::denied) << alg;
    const std::string unsigned_text = base64url_encode(header) + "." + base64url_encode(kPayload);
    EXPECT_EQ(refusal_of(set, unsigned_text + "."), Errc::denied) << alg;
  }
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"kid":"r"})", kPayload)), Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":1,"kid":"r"})", kPayload)), Errc::denied);
}

TEST(JwkSet, RefusesAMacMadeWithThePublicKey) {
  const JwkSet set = usual_set();
  const std::string text =
      base64url_encode(R"({"alg":"HS256","kid":"r"})") + "." + base64url_encode(kPayload);
  for (const std::string& secret :
       {keys().rsa.number(OSSL_PKEY_PARAM_RSA_N), keys().rsa.rsa_jwk("r"), std::string()}) {
    const std::string mac(view(hmac_sha256(secret, {text})));
    EXPECT_EQ(refusal_of(set, text + "." + base64url_encode(mac)), Errc::denied);
  }
}

TEST(JwkSet, RefusesAnAlgorithmThatDoesNotFitTheKey) {
  const JwkSet set = usual_set();
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"ES256","kid":"r"})", kPayload)),
            Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().ec.es256(R"({"alg":"RS256","kid":"e"})", kPayload)),
            Errc::denied);
}

TEST(JwkSet, RefusesCriticalAndUnencodedHeaders) {
  const JwkSet set = usual_set();
  for (const std::string extra : {R"("crit":["exp"],"exp":1)", R"("crit":[])", R"("crit":null)",
                                  R"("b64":false)", R"("crit":["b64"],"b64":false)"}) {
    const std::string header = R"({"alg":"RS256","kid":"r",)" + extra + "}";
    EXPECT_EQ(refusal_of(set, keys().rsa.rs256(header, kPayload)), Errc::denied) << extra;
  }
}

TEST(JwkSet, RefusesMalformedHeaders) {
  const JwkSet set = usual_set();
  const std::string headers[] = {
      "",
      "[]",
      "null",
      "\"RS256\"",
      "{",
      R"({"alg":"RS256","kid":"r"} x)",
      R"({"alg":"none","alg":"RS256","kid":"r"})",
      R"({"alg":"RS256","alg":"RS256","kid":"r"})",
      R"({"alg":"RS256","kid":"r","\u006bid":"o"})",
      "\xef\xbb\xbf{\"alg\":\"RS256\",\"kid\":\"r\"}",
      "{\"alg\":\"RS256\",\"kid\":\"r\",\"x\":\"\xff\"}",
      R"({"alg":"RS256","kid":"r","x":)" + std::string(200, '[') + std::string(200, ']') + "}"};
  for (const std::string& header : headers) {
    EXPECT_EQ(refusal_of(set, keys().rsa.rs256(header, kPayload)), Errc::invalid_argument)
        << header;
  }
}

TEST(JwkSet, RefusesWhatIsNoCompactJws) {
  const JwkSet set = usual_set();
  const std::string good = keys().rsa.rs256(R"({"alg":"RS256","kid":"r"})", kPayload);
  ASSERT_TRUE(set.verify(good));
  const std::string broken[] = {"",
                                ".",
                                "..",
                                "...",
                                "a.b.c",
                                "abc",
                                good + ".",
                                "." + good,
                                good + "=",
                                good + "\n",
                                " " + good,
                                good + ".AAAA",
                                good.substr(0, good.rfind('.')),
                                std::string(20'000, 'A')};
  for (const std::string& jws : broken) {
    EXPECT_EQ(refusal_of(set, jws), Errc::invalid_argument) << jws.substr(0, 60);
  }
  EXPECT_EQ(refusal_of(set, good.substr(0, good.rfind('.') + 1)), Errc::denied);
}

TEST(JwkSet, RefusesOversizedTokens) {
  const JwkSet set = usual_set();
  const std::string header = R"({"alg":"RS256","kid":"r"})";
  EXPECT_TRUE(set.verify(keys().rsa.rs256(header, std::string(10'000, 'p'))));
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(header, std::string(16'000, 'p'))),
            Errc::invalid_argument);
}

void expect_every_flip_refused(const JwkSet& set, const std::string& good) {
  ASSERT_TRUE(set.verify(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    if (good[at] == '.') changed[at] = '_';
    EXPECT_FALSE(set.verify(changed)) << at;
  }
}

TEST(JwkSet, RefusesEveryChangedCharacter) {
  const JwkSet set = usual_set();
  expect_every_flip_refused(set, keys().rsa.rs256(R"({"alg":"RS256","kid":"r"})", kPayload));
  expect_every_flip_refused(set, keys().ec.es256(R"({"alg":"ES256","kid":"e"})", kPayload));
}

TEST(JwkSet, RefusesSignaturesOfTheWrongShape) {
  const JwkSet set = usual_set();
  const std::string text =
      base64url_encode(R"({"alg":"ES256","kid":"e"})") + "." + base64url_encode(kPayload);
  const std::string raw = keys().ec.ec_signature(text);
  const std::string shapes[] = {
      keys().ec.der_signature(text), raw.substr(0, 63), raw + '\0', '\0' + raw, raw + raw,
      std::string(64, '\0'),         std::string()};
  for (const std::string& signature : shapes) {
    EXPECT_EQ(refusal_of(set, text + "." + base64url_encode(signature)), Errc::denied);
  }
  EXPECT_TRUE(set.verify(text + "." + base64url_encode(raw)));
}

TEST(JwkSet, IgnoresKeysThatTheTokenBrings) {
  const JwkSet set = usual_set();
  const SigningKey& attacker = keys().other_rsa;
  const std::string header = R"({"alg":"RS256","kid":"r","jku":"https://evil.example/","jwk":)" +
                             attacker.rsa_jwk("r") + "}";
  EXPECT_EQ(refusal_of(set, attacker.rs256(header, kPayload)), Errc::denied);
}

TEST(JwkSet, SkipsKeysItCannotUse) {
  const std::string rsa = keys().rsa.rsa_jwk("x");
  const std::string unusable[] = {
      keys().rsa.rsa_jwk("x", R"(,"use":"enc")"),
      keys().rsa.rsa_jwk("x", R"(,"use":7)"),
      keys().rsa.rsa_jwk("x", R"(,"alg":"RS512")"),
      keys().rsa.rsa_jwk("x", R"(,"alg":"ES256")"),
      keys().rsa.rsa_jwk("x", R"(,"key_ops":["encrypt"])"),
      keys().rsa.rsa_jwk(""),
      keys().rsa.rsa_jwk(std::string(300, 'k')),
      SigningKey::rsa(1024).rsa_jwk("x"),
      keys().ec.ec_jwk("x", "P-384"),
      keys().ec.ec_jwk("x", "P-256", R"(,"alg":"RS256")"),
      R"({"kty":"EC","kid":"x","crv":"P-256","x":"AAAA","y":"AAAA"})",
      R"({"kty":"EC","kid":"x","crv":"P-256","x":")" + base64url_encode(std::string(32, '\x01')) +
          R"(","y":")" + base64url_encode(std::string(32, '\x01')) + "\"}",  // not on the curve
      R"({"kty":"oct","kid":"x","k":"c2VjcmV0","alg":"HS256"})",
      R"({"kty":"RSA","kid":"x"})",
      R"({"kty":"RSA","kid":"x","n":"!!","e":"AQAB"})",
      R"({"kty":"RSA","kid":"x","e":"AQ","n":")" +
          base64url_encode(keys().rsa.number(OSSL_PKEY_PARAM_RSA_N)) + "\"}",
      R"({"kid":"x"})",
      "{}",
      "[]",
      "7",
      "null",
  };
  for (const std::string& jwk : unusable) {
    const auto set = JwkSet::parse("{\"keys\":[" + jwk + "," + keys().ec.ec_jwk("good") + "]}");
    ASSERT_TRUE(set) << jwk;
    EXPECT_EQ(set->size(), 1u) << jwk;
    EXPECT_TRUE(set->has_key("good"));
  }
}

TEST(JwkSet, AcceptsKeysThatSayWhatTheyAreFor) {
  const JwkSet set = parse_set(
      "{\"keys\":[" + keys().rsa.rsa_jwk("r", R"(,"use":"sig","alg":"RS256")") + "," +
      keys().ec.ec_jwk("e", "P-256", R"(,"use":"sig","alg":"ES256","key_ops":["verify"])") + "]}");
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.verify(keys().ec.es256(R"({"alg":"ES256","kid":"e"})", kPayload)));
}

TEST(JwkSet, RefusesWhatIsNoSet) {
  for (const std::string text : {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[]",
                                 "<html>", "{\"keys\":[],\"keys\":[]}"}) {
    const auto parsed = JwkSet::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
  }
  EXPECT_TRUE(JwkSet::parse("{\"keys\":[]}"));
  EXPECT_FALSE(JwkSet::parse("{\"keys\":[]}" + std::string(300'000, ' ')));
  std::string many = "{\"keys\":[{}";
  for (int i = 0; i < 64; ++i) many += ",{}";
  EXPECT_FALSE(JwkSet::parse(many + "]}"));
}

// VA-24: nothing the suite calls invalid passes, and what is valid passes when we take its
// algorithm.
TEST(JwkSet, AgreesWithWycheproof) {
  const auto text = wycheproof("json_web_signature_test.json");
  if (!text) GTEST_SKIP() << "GATEHOUSE_WYCHEPROOF is not set";
  base::JsonLimits limits;
  limits.refuse_duplicate_names = false;
  const auto parsed = base::JsonDocument::parse(*text, limits);
  ASSERT_TRUE(parsed);
  int accepted = 0;
  for (const base::JsonValue& group : parsed->root().find("testGroups")->elements()) {
    const auto jwk = group.find("public");
    if (!jwk) continue;
    const JwkSet set = parse_set("{\"keys\":[" + jwk->to_text() + "]}");
    for (const base::JsonValue& test : group.find("tests")->elements()) {
      const auto jws = test.find_string("jws");
      const bool verified = jws && set.verify(*jws);
      const bool is_ours = jwk->find_string("alg") == "RS256" || jwk->find_string("alg") == "ES256";
      EXPECT_EQ(verified, is_ours && test.find_string("result") == "valid") << test.to_text();
      accepted += verified ? 1 : 0;
    }
  }
  EXPECT_GE(accepted, 10);
}

std::string without_name(std::string jwk, const std::string& kid) {
  const std::string member = R"("kid":")" + kid + R"(",)";
  return jwk.erase(jwk.find(member), member.size());
}

JwkSet set_of(const std::vector<std::string>& jwks, KeyNames names) {
  std::string text;
  for (const std::string& jwk : jwks) text += (text.empty() ? "" : ",") + jwk;
  auto parsed = JwkSet::parse("{\"keys\":[" + text + "]}", names);
  EXPECT_TRUE(parsed);
  return std::move(*parsed);
}

TEST(JwkSet, TriesItsKeysWhereNamesAreOptional) {
  const std::string nameless = without_name(keys().rsa.rsa_jwk("r"), "r");
  const std::string other = keys().other_rsa.rsa_jwk("o");
  const std::string ec = keys().ec.ec_jwk("e");
  const std::string jws = keys().rsa.rs256(R"({"alg":"RS256"})", kPayload);
  EXPECT_EQ(set_of({nameless, other, ec}, KeyNames::required).size(), 2u);
  EXPECT_EQ(refusal_of(set_of({nameless, ec}, KeyNames::required), jws), Errc::denied);

  const JwkSet set = set_of({other, ec, nameless}, KeyNames::optional);
  EXPECT_EQ(set.size(), 3u);
  const auto verified = set.verify(jws);
  ASSERT_TRUE(verified);
  EXPECT_EQ(*verified, kPayload);
  EXPECT_TRUE(set.verify(keys().ec.es256(R"({"alg":"ES256"})", kPayload)));
  EXPECT_TRUE(set.verify(keys().ec.es256(R"({"alg":"ES256","kid":"e"})", kPayload)));
  EXPECT_EQ(refusal_of(set_of({other, ec}, KeyNames::optional), jws), Errc::denied);
  EXPECT_EQ(refusal_of(set, keys().rsa.rs256(R"({"alg":"RS256","kid":"r"})", kPayload)),
            Errc::not_found);
  for (const char* kid : {"\"\"", "7", "null"}) {
    const std::string header = std::string(R"({"alg":"RS256","kid":)") + kid + "}";
    EXPECT_EQ(refusal_of(set, keys().rsa.rs256(header, kPayload)), Errc::denied) << kid;
  }
}

TEST(JwkSet, TriesFewKeysOnly) {
  const std::string jws = keys().ec.es256(R"({"alg":"ES256"})", kPayload);
  std::vector<std::string> jwks = {keys().rsa.rsa_jwk("r")};
  for (int i = 0; i < 4; ++i) jwks.push_back(keys().ec.ec_jwk("e" + std::to_string(i)));
  EXPECT_TRUE(set_of(jwks, KeyNames::optional).verify(jws));
  jwks.push_back(keys().ec.ec_jwk("e4"));
  EXPECT_EQ(refusal_of(set_of(jwks, KeyNames::optional), jws), Errc::denied);
}

}  // namespace
}  // namespace gatehouse::crypto
