// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/pkce.h"

#include <gtest/gtest.h>

namespace gatehouse::oauth {
namespace {

// RFC 7636 appendix B.
constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

TEST(Pkce, AgreesWithTheExampleOfTheRfc) {
  EXPECT_EQ(code_challenge_for(kVerifier), kChallenge);
  EXPECT_TRUE(verifier_matches(kVerifier, kChallenge));
}

TEST(Pkce, RefusesAnotherVerifier) {
  const std::string other(43, 'a');
  EXPECT_FALSE(verifier_matches(other, kChallenge));
  EXPECT_FALSE(verifier_matches(kChallenge, kChallenge));  // plain
  EXPECT_FALSE(verifier_matches("", kChallenge));
}

TEST(Pkce, KnowsTheShapeOfVerifiers) {  // TK-10
  EXPECT_FALSE(is_code_verifier(std::string(42, 'a')));
  EXPECT_TRUE(is_code_verifier(std::string(43, '~')));
  EXPECT_TRUE(is_code_verifier(std::string(128, '.')));
  EXPECT_FALSE(is_code_verifier(std::string(129, 'a')));
  EXPECT_FALSE(is_code_verifier(std::string(43, ' ')));
  EXPECT_FALSE(is_code_verifier(std::string(43, '\0')));
  EXPECT_FALSE(is_code_verifier(std::string(44, '\xc3')));
}

TEST(Pkce, KnowsTheShapeOfChallenges) {  // AZ-08
  EXPECT_TRUE(is_code_challenge(kChallenge));
  EXPECT_FALSE(is_code_challenge(kChallenge.substr(1)));
  EXPECT_FALSE(is_code_challenge(std::string(kChallenge) + "="));
  EXPECT_FALSE(is_code_challenge(std::string(44, 'a')));
  EXPECT_FALSE(is_code_challenge(std::string(129, 'a')));
  EXPECT_FALSE(is_code_challenge(std::string(42, 'a') + "~"));
}

}  // namespace
}  // namespace gatehouse::oauth
