// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/envelope.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gatehouse/base/random.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using base::Secret;

class EnvelopeTest : public ::testing::Test {
 protected:
  base::SystemRandom random;
  Secret data_key = Secret::copy_of(std::string(32, 'D'));
  Secret holder_key = Secret::copy_of(std::string(32, 'G'));
  Secret content = Secret::copy_of("what Google gave");
};

TEST_F(EnvelopeTest, OpensWithBothKeysAndTheSameAdditionalData) {
  const Envelope envelope = seal_envelope(data_key, holder_key, "aad", content, random);
  const auto opened = open_envelope(data_key, holder_key, "aad", envelope);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), content.reveal());
}

TEST_F(EnvelopeTest, StaysShutWithoutEitherKey) {
  const Envelope envelope = seal_envelope(data_key, holder_key, "aad", content, random);
  const Secret other = Secret::copy_of(std::string(32, 'x'));
  const Secret none;
  EXPECT_FALSE(open_envelope(other, holder_key, "aad", envelope));
  EXPECT_FALSE(open_envelope(data_key, other, "aad", envelope));
  EXPECT_FALSE(open_envelope(data_key, none, "aad", envelope));
  EXPECT_FALSE(open_envelope(holder_key, data_key, "aad", envelope));
  EXPECT_FALSE(open_envelope(data_key, holder_key, "aae", envelope));
  EXPECT_FALSE(open_envelope(data_key, holder_key, "", envelope));
}

// VA-27
TEST_F(EnvelopeTest, RefusesPartsOfTheWrongLength) {
  const Envelope good = seal_envelope(data_key, holder_key, "aad", content, random);
  for (const std::size_t size : {0u, 4u, 12u, 15u, 17u}) {
    Envelope cut = good;
    cut.tag.resize(size);
    EXPECT_FALSE(open_envelope(data_key, holder_key, "aad", cut));
  }
  Envelope iv = good;
  iv.iv.resize(16);
  Envelope salt = good;
  salt.salt.clear();
  Envelope commitment = good;
  commitment.commitment.resize(16);
  Envelope empty = good;
  empty.ciphertext.clear();
  for (const Envelope* one : {&iv, &salt, &commitment, &empty}) {
    EXPECT_FALSE(open_envelope(data_key, holder_key, "aad", *one));
  }
}

// VA-15: nonces, salts and content keys are new for every seal. GATEHOUSE_RACES=full makes a
// million.
TEST_F(EnvelopeTest, RepeatsNoNonceSaltOrKeyHoweverManySeals) {
  std::unordered_set<std::string> nonces, salts, commitments;
  const char* const races = std::getenv("GATEHOUSE_RACES");
  const bool full = races != nullptr && std::string_view(races) == "full";
  const std::size_t seals = full ? 1'000'000 : 100'000;
  for (std::size_t i = 0; i < seals; ++i) {
    Envelope envelope = seal_envelope(data_key, holder_key, "aad", content, random);
    nonces.insert(std::move(envelope.iv));
    salts.insert(std::move(envelope.salt));
    // It comes from the same derivation as the content key, so it repeats when that one does.
    commitments.insert(std::move(envelope.commitment));
  }
  EXPECT_EQ(nonces.size(), seals);
  EXPECT_EQ(salts.size(), seals);
  EXPECT_EQ(commitments.size(), seals);
}

TEST_F(EnvelopeTest, BindsEveryTerm) {
  SealTerms terms;
  terms.table = "t";
  terms.key = "GRANT#1";
  terms.kind = "GRANT";
  terms.subject = "s";
  terms.signed_in = 1;
  terms.expires = 2;
  terms.content_generation = 3;
  const std::string good = additional_data(terms);
  const auto with = [&](auto change) {
    SealTerms other = terms;
    change(other);
    return additional_data(other);
  };
  EXPECT_NE(good, with([](auto& t) { t.table = "u"; }));
  EXPECT_NE(good, with([](auto& t) { t.key = "GRANT#2"; }));
  EXPECT_NE(good, with([](auto& t) { t.kind = "TXN"; }));
  EXPECT_NE(good, with([](auto& t) { t.subject = "r"; }));
  EXPECT_NE(good, with([](auto& t) { t.signed_in = 9; }));
  EXPECT_NE(good, with([](auto& t) { t.expires = 9; }));
  EXPECT_NE(good, with([](auto& t) { t.content_generation = 9; }));
  EXPECT_NE(good, with([](auto& t) { t.attributes[31] = 1; }));
  // Bytes cannot move from one term to the next.
  EXPECT_NE(with([](auto& t) { t.table = "ab", t.key = "c"; }),
            with([](auto& t) { t.table = "a", t.key = "bc"; }));
}

TEST_F(EnvelopeTest, UnwrapsTheGrantKeyForTheVeryTokenOnly) {
  const TokenKeys keys(testing::keys_of(1, 'T'));
  const std::string gid(16, 'i');
  const auto bearer = [&](BearerKind kind, char secret) {
    const Secret text = mint_bearer(kind, keys.current(), gid, 1, std::string(32, secret));
    return Bearer::parse(text.reveal());
  };
  const auto mine = bearer(BearerKind::access, 'a');
  const std::string wrap = wrap_grant_key(*mine, holder_key, random);

  const auto unwrapped = unwrap_grant_key(*mine, wrap);

  ASSERT_TRUE(unwrapped);
  EXPECT_EQ(unwrapped->reveal(), holder_key.reveal());
  EXPECT_FALSE(unwrap_grant_key(*bearer(BearerKind::access, 'b'), wrap));
  EXPECT_FALSE(unwrap_grant_key(*bearer(BearerKind::refresh, 'a'), wrap));
  for (std::size_t bit = 0; bit < wrap.size() * 8; ++bit) {
    std::string altered = wrap;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(unwrap_grant_key(*mine, altered)) << bit;
  }
  EXPECT_FALSE(unwrap_grant_key(*mine, wrap.substr(1)));
  EXPECT_FALSE(unwrap_grant_key(*mine, ""));
}

}  // namespace
}  // namespace gatehouse::vault
