// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/aead_sealer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::mcp {
namespace {

using namespace std::chrono_literals;
using base::Errc;

// A key of one byte repeated per letter.
std::vector<base::Secret> keys(const std::string& letters) {
  std::vector<base::Secret> keys;
  for (const char letter : letters)
    keys.push_back(base::Secret::copy_of(std::string(AeadSealer::kKeyBytes, letter)));
  return keys;
}

class AeadSealerTest : public ::testing::Test {
 protected:
  std::string seal(const std::string& state) { return sealer.seal("session", "ann", state, 60s); }

  base::FixedClock clock{base::from_epoch_seconds(1'900'000'000)};
  base::SystemRandom random;
  AeadSealer sealer{keys("K"), clock, random};
};

TEST_F(AeadSealerTest, GivesBackWhatItWasGiven) {
  const std::string states[] = {"", "state", std::string("\0\xff", 2),
                                std::string(AeadSealer::kStateBytesMax, 'x')};
  for (const std::string& state : states) {
    const auto opened = sealer.open("session", "ann", seal(state));
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, state);
  }
}

TEST_F(AeadSealerTest, IsBoundToPurposeAndPrincipal) {
  const std::string token = seal("x");
  const std::pair<const char*, const char*> others[] = {
      {"cursor", "ann"}, {"session", "bob"}, {"session", ""}, {"", "ann"}, {"sessiona", "nn"}};
  for (const auto& [purpose, principal] : others) {
    const auto opened = sealer.open(purpose, principal, token);
    ASSERT_FALSE(opened) << purpose << " " << principal;
    EXPECT_EQ(opened.error().code, Errc::denied);
  }
}

TEST_F(AeadSealerTest, EndsAtTheSecondItSays) {
  const std::string token = seal("x");
  clock.advance(59s);
  EXPECT_TRUE(sealer.open("session", "ann", token));
  clock.advance(1s);
  const auto opened = sealer.open("session", "ann", token);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_found);
}

TEST_F(AeadSealerTest, RefusesWhateverIsAltered) {
  const std::string token = seal("some state");
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char letter : std::string("AZaz09-_=+ ")) {
      if (token[at] == letter) continue;
      std::string altered = token;
      altered[at] = letter;
      EXPECT_FALSE(sealer.open("session", "ann", altered)) << at;
    }
  }
  for (std::size_t size = 0; size < token.size(); ++size)
    EXPECT_FALSE(sealer.open("session", "ann", token.substr(0, size)));
  EXPECT_FALSE(sealer.open("session", "ann", token + "A"));
  EXPECT_FALSE(sealer.open("session", "ann", std::string(65 * 1024, 'A')));
}

TEST_F(AeadSealerTest, NeverLooksTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(seal("x")).second);
}

TEST_F(AeadSealerTest, SealsNothingThatItCouldNotOpen) {
  EXPECT_EQ(seal(std::string(AeadSealer::kStateBytesMax + 1, 'x')), "");
  EXPECT_FALSE(sealer.open("session", "ann", ""));
}

TEST_F(AeadSealerTest, SealsUnderTheFirstKeyAndOpensUnderAll) {
  AeadSealer changed(keys("LK"), clock, random);
  AeadSealer later(keys("L"), clock, random);
  const std::string old_token = seal("x");
  const std::string new_token = changed.seal("session", "ann", "x", 60s);
  EXPECT_TRUE(changed.open("session", "ann", old_token));
  EXPECT_TRUE(changed.open("session", "ann", new_token));
  EXPECT_TRUE(later.open("session", "ann", new_token));
  EXPECT_FALSE(later.open("session", "ann", old_token));
  EXPECT_FALSE(sealer.open("session", "ann", new_token));
}

TEST_F(AeadSealerTest, EndsTheProcessRatherThanSealUnderAWeakKey) {
  EXPECT_DEATH((AeadSealer{{}, clock, random}), "one to eight keys");
  EXPECT_DEATH((AeadSealer{keys("123456789"), clock, random}), "one to eight keys");
  std::vector<base::Secret> short_one;
  short_one.push_back(base::Secret::copy_of("password"));
  EXPECT_DEATH((AeadSealer{std::move(short_one), clock, random}), "32 bytes");
}

}  // namespace
}  // namespace gatehouse::mcp
