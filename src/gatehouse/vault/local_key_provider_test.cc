// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/local_key_provider.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "gatehouse/vault/key_provider_conformance.h"

namespace gatehouse::vault {
namespace {

struct LocalHarness {
  explicit LocalHarness(boost::asio::io_context&) {}
  KeyProvider& provider() { return ours; }
  KeyProvider& stranger() { return theirs; }

  base::SystemRandom random;
  LocalKeyProvider ours{testing::keys_of(1, 'M'), random};
  LocalKeyProvider theirs{testing::keys_of(1, 'N'), random};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Local, KeyProviderConformance, LocalHarness);

std::vector<TokenKeys::Key> rotated() {
  std::vector<TokenKeys::Key> keys = testing::keys_of(2, 'B');
  keys.push_back(std::move(testing::keys_of(1, 'A')[0]));
  return keys;
}

TEST(LocalKeyProvider, SealsWithTheFirstKeyAndOpensWithAll) {
  boost::asio::io_context loop;
  base::SystemRandom random;
  LocalKeyProvider before(testing::keys_of(1, 'A'), random);
  LocalKeyProvider after(rotated(), random);
  const KeyContext context{{"app", "gatehouse"}};

  auto old_key = testing::run(loop, before.generate(context));
  auto young_key = testing::run(loop, after.generate(context));

  EXPECT_TRUE(testing::run(loop, after.unwrap(old_key->wrapped, context)));
  EXPECT_EQ(young_key->wrapped[0], 2);
  auto refused = testing::run(loop, before.unwrap(young_key->wrapped, context));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Errc::not_found);
}

TEST(LocalKeyProvider, HasTheDocumentedLength) {
  boost::asio::io_context loop;
  base::SystemRandom random;
  LocalKeyProvider provider(testing::keys_of(7, 'A'), random);
  auto made = testing::run(loop, provider.generate({}));
  // Key id, salt, nonce, data key, tag.
  EXPECT_EQ(made->wrapped.size(), 1u + 32 + 12 + 32 + 16);
  EXPECT_EQ(made->wrapped[0], 7);
}

}  // namespace
}  // namespace gatehouse::vault
