// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/local_key_provider.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/key_provider_conformance.h"
#include "gatehouse/vault/local_key_file.h"

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
  EXPECT_EQ(refused.error().code, base::Errc::denied);
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

TEST(LocalKeyProvider, RewrapsUnderTheFirstKey) {
  boost::asio::io_context loop;
  base::SystemRandom random;
  LocalKeyProvider before(testing::keys_of(1, 'A'), random);
  LocalKeyProvider after(rotated(), random);
  const KeyContext context{{"app", "gatehouse"}};
  const KeyContext other{{"app", "other"}};
  auto made = testing::run(loop, before.generate(context));
  ASSERT_TRUE(made);

  auto renewed = testing::run(loop, after.rewrap(made->wrapped, context));

  ASSERT_TRUE(renewed);
  EXPECT_EQ((*renewed)[0], 2);
  auto opened = testing::run(loop, after.unwrap(*renewed, context));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), made->plaintext.reveal());
  auto again = testing::run(loop, after.rewrap(*renewed, context));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *renewed) << "already under the first key";
  for (const std::string& text : {made->wrapped, *renewed, std::string()}) {
    auto refused = testing::run(loop, after.rewrap(text, other));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Errc::denied);
  }
}

class FollowsItsFile : public ::testing::Test {
 protected:
  FollowsItsFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keysXXXXXX").string();
    directory = mkdtemp(pattern.data());
    path = directory + "/gatehouse.key";
    auto made = create_key_file(path, random);
    EXPECT_TRUE(made);
    provider = std::make_unique<LocalKeyProvider>(std::move(made->master_keys), path, random, log);
  }
  ~FollowsItsFile() override { std::filesystem::remove_all(directory); }

  // The id of the key that wraps now; 0 when none does.
  int wrapping_key() {
    auto made = testing::run(loop, provider->generate(context));
    return made ? made->wrapped[0] : 0;
  }

  std::string directory;
  std::string path;
  boost::asio::io_context loop;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  std::unique_ptr<LocalKeyProvider> provider;
  const KeyContext context{{"app", "gatehouse"}};
};

TEST_F(FollowsItsFile, UsesANewKeyWithoutARestart) {
  EXPECT_EQ(wrapping_key(), 1);
  ASSERT_TRUE(add_master_key(path, random));
  EXPECT_EQ(wrapping_key(), 2);
}

TEST_F(FollowsItsFile, OpensWhatAnotherWrappedUnderAKeyAddedMeanwhile) {
  ASSERT_EQ(wrapping_key(), 1);
  ASSERT_TRUE(add_master_key(path, random));
  auto keys = read_key_file(path);
  ASSERT_TRUE(keys);
  LocalKeyProvider rotator(std::move(keys->master_keys), random);
  auto made = testing::run(loop, rotator.generate(context));
  ASSERT_TRUE(made);
  EXPECT_TRUE(testing::run(loop, provider->unwrap(made->wrapped, context)));
}

TEST_F(FollowsItsFile, KeepsItsKeysWhileTheFileIsBrokenAndSaysSoOnce) {
  ASSERT_EQ(wrapping_key(), 1);
  const auto break_it = [this](const std::string& text) { std::ofstream(path) << text; };
  const auto complaints = [this] {
    std::size_t count = 0;
    const std::string phrase = "cannot be used";
    for (std::size_t at = log.text().find(phrase); at != std::string::npos;
         at = log.text().find(phrase, at + 1)) {
      ++count;
    }
    return count;
  };
  break_it("nonsense\n");
  EXPECT_EQ(wrapping_key(), 1);
  EXPECT_EQ(wrapping_key(), 1);
  EXPECT_EQ(complaints(), 1u);
  std::filesystem::remove(path);
  EXPECT_EQ(wrapping_key(), 1);
  EXPECT_EQ(wrapping_key(), 1);
  EXPECT_EQ(complaints(), 2u);
  // Another installation's file: the same id, another key.
  ASSERT_TRUE(create_key_file(path, random));
  EXPECT_EQ(wrapping_key(), 1);
  EXPECT_EQ(complaints(), 3u);
  auto foreign = read_key_file(path);
  ASSERT_TRUE(foreign);
  LocalKeyProvider stranger(std::move(foreign->master_keys), random);
  auto made = testing::run(loop, stranger.generate(context));
  ASSERT_TRUE(made);
  EXPECT_FALSE(testing::run(loop, provider->unwrap(made->wrapped, context)));
}

TEST_F(FollowsItsFile, ForgetsKeysThatWereRetired) {
  auto old = testing::run(loop, provider->generate(context));
  ASSERT_TRUE(old);
  ASSERT_TRUE(add_master_key(path, random));
  ASSERT_EQ(wrapping_key(), 2);
  EXPECT_TRUE(testing::run(loop, provider->unwrap(old->wrapped, context)));
  ASSERT_TRUE(retire_master_keys(path, {1}));
  ASSERT_EQ(wrapping_key(), 2);
  EXPECT_FALSE(testing::run(loop, provider->unwrap(old->wrapped, context)));
}

}  // namespace
}  // namespace gatehouse::vault
