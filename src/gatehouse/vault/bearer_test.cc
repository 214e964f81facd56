// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/bearer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/random.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using base::Secret;

const std::string kGid = "0123456789abcdef";
const std::string kSecret(32, 's');

class BearerTest : public ::testing::Test {
 protected:
  Secret mint(BearerKind kind, std::uint32_t generation = 7) const {
    return mint_bearer(kind, keys.current(), kGid, generation, kSecret);
  }
  TokenKeys keys{testing::keys_of(9, 'T')};
};

TEST_F(BearerTest, TellsWhatWentIn) {
  const struct {
    BearerKind kind;
    const char* prefix;
  } cases[] = {{BearerKind::access, "gth_a_"},
               {BearerKind::refresh, "gth_r_"},
               {BearerKind::code, "gth_c_"},
               {BearerKind::browser, "gth_b_"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.prefix);
    const Secret text = mint(c.kind, 0xFFFFFFFE);
    EXPECT_TRUE(text.reveal().starts_with(c.prefix));
    EXPECT_EQ(text.size(), kBearerTextBytes);

    const std::optional<Bearer> bearer = Bearer::parse(text.reveal());

    ASSERT_TRUE(bearer);
    EXPECT_TRUE(bearer->is_proven_by(keys));
    EXPECT_EQ(bearer->kind(), c.kind);
    EXPECT_EQ(bearer->key_id(), 9);
    EXPECT_EQ(bearer->grant_id(), kGid);
    EXPECT_EQ(bearer->generation(), 0xFFFFFFFEu);
    EXPECT_EQ(bearer->secret(), kSecret);
    EXPECT_EQ(bearer->tag(), crypto::sha256(text.reveal()));
    const auto peeked = peek_grant_id(c.kind, text.reveal());
    ASSERT_TRUE(peeked);
    EXPECT_EQ(base::as_text(*peeked), kGid);
  }
}

TEST_F(BearerTest, IsNotProvenWhenAnyCharacterDiffers) {
  const std::string good(mint(BearerKind::access).reveal());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : std::string("Aa0_-r=+/ \n")) {
      if (good[at] == c) continue;
      std::string text = good;
      text[at] = c;
      const std::optional<Bearer> bearer = Bearer::parse(text);
      EXPECT_FALSE(bearer && bearer->is_proven_by(keys)) << at << " " << c;
    }
  }
}

TEST_F(BearerTest, CannotPlayAnotherKind) {
  const std::string refresh(mint(BearerKind::refresh).reveal());
  const std::optional<Bearer> disguised = Bearer::parse("gth_a_" + refresh.substr(6));
  ASSERT_TRUE(disguised);
  EXPECT_FALSE(disguised->is_proven_by(keys));
  EXPECT_FALSE(peek_grant_id(BearerKind::access, refresh));
}

TEST_F(BearerTest, IsProvenByRetiringKeysAndNoOthers) {
  const Secret old = mint(BearerKind::access);
  std::vector<TokenKeys::Key> rotated = testing::keys_of(10, 'N');
  rotated.push_back(std::move(testing::keys_of(9, 'T')[0]));
  const TokenKeys both(std::move(rotated));
  const TokenKeys retired(testing::keys_of(10, 'N'));
  const TokenKeys same_id(testing::keys_of(9, 'X'));
  const std::optional<Bearer> bearer = Bearer::parse(old.reveal());

  EXPECT_TRUE(bearer->is_proven_by(both));
  EXPECT_FALSE(bearer->is_proven_by(retired));
  EXPECT_FALSE(bearer->is_proven_by(same_id));
}

TEST_F(BearerTest, RefusesOddShapes) {
  const std::string good(mint(BearerKind::access).reveal());
  const std::string cases[] = {"",
                               "gth_a_",
                               good.substr(1),
                               good + "A",
                               "GTH_A_" + good.substr(6),
                               "gth_x_" + good.substr(6),
                               "gth-a-" + good.substr(6),
                               good.substr(0, 97) + "=",
                               good.substr(0, 97) + '\0',
                               std::string(98, '\xFF'),
                               std::string(1 << 20, 'A')};
  for (const std::string& text : cases) {
    EXPECT_FALSE(Bearer::parse(text));
  }
}

}  // namespace
}  // namespace gatehouse::vault
