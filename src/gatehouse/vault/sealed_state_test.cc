// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/sealed_state.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;

class SealedStateTest : public ::testing::Test {
 protected:
  std::string seal(const std::string& text) { return state.seal("session", "ann", text, 60s); }
  base::FixedClock clock{testing::kStart};
  base::SystemRandom random;
  TokenKeys keys{testing::keys_of(1, 'T')};
  SealedState state{keys, clock, random};
};

TEST_F(SealedStateTest, GivesBackWhatItWasGiven) {
  const std::string texts[] = {"", "state", std::string("\0\xff", 2),
                               std::string(SealedState::kStateBytesMax, 'x')};
  for (const std::string& text : texts) {
    const auto opened = state.open("session", "ann", seal(text));
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, text);
  }
}

TEST_F(SealedStateTest, IsBoundToPurposeAndPrincipal) {
  const std::string token = seal("x");
  const std::pair<const char*, const char*> others[] = {
      {"cursor", "ann"}, {"session", "bob"}, {"session", ""}, {"", "ann"}, {"sessiona", "nn"}};
  for (const auto& [purpose, principal] : others) {
    const auto opened = state.open(purpose, principal, token);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::denied);
  }
}

// TM-06
TEST_F(SealedStateTest, EndsAtTheSecondItSays) {
  const std::string token = seal("x");
  clock.advance(59s);
  EXPECT_TRUE(state.open("session", "ann", token));
  clock.advance(1s);
  const auto opened = state.open("session", "ann", token);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_found);
}

TEST_F(SealedStateTest, RefusesWhateverIsAltered) {
  const std::string token = seal("some state");
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char c : std::string("AZaz09-_=+ ")) {
      if (token[at] == c) continue;
      std::string altered = token;
      altered[at] = c;
      EXPECT_FALSE(state.open("session", "ann", altered)) << at;
    }
  }
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(state.open("session", "ann", token.substr(0, size)));
  }
  EXPECT_FALSE(state.open("session", "ann", token + "A"));
  EXPECT_FALSE(state.open("session", "ann", std::string(65 * 1024, 'A')));
}

TEST_F(SealedStateTest, NeverLooksTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(seal("x")).second);
}

TEST_F(SealedStateTest, SealsNothingThatItCouldNotOpen) {
  EXPECT_EQ(seal(std::string(SealedState::kStateBytesMax + 1, 'x')), "");
  EXPECT_EQ(state.seal(std::string(2000, 'p'), "ann", "x", 60s), "");
  EXPECT_FALSE(state.open("session", "ann", ""));
}

TEST_F(SealedStateTest, OpensUnderARetiringKeyAndNoOther) {
  const std::string token = seal("x");
  std::vector<TokenKeys::Key> rotated = testing::keys_of(2, 'U');
  rotated.push_back(std::move(testing::keys_of(1, 'T')[0]));
  const TokenKeys both(std::move(rotated));
  const TokenKeys other(testing::keys_of(1, 'X'));
  EXPECT_TRUE(SealedState(both, clock, random).open("session", "ann", token));
  EXPECT_FALSE(SealedState(other, clock, random).open("session", "ann", token));
}

TEST_F(SealedStateTest, FollowsTheTokenKeysWhileServing) {
  const std::string before = seal("x");
  std::vector<TokenKeys::Key> rotated = testing::keys_of(2, 'U');
  rotated.push_back(std::move(testing::keys_of(1, 'T')[0]));
  keys.adopt(std::move(rotated));
  const std::string after = seal("x");
  EXPECT_TRUE(state.open("session", "ann", before));
  EXPECT_TRUE(state.open("session", "ann", after));
  EXPECT_EQ(base::base64url_decode(after)->front(), 2);

  keys.adopt(testing::keys_of(2, 'U'));
  EXPECT_FALSE(state.open("session", "ann", before));
  EXPECT_TRUE(state.open("session", "ann", after));
}

}  // namespace
}  // namespace gatehouse::vault
