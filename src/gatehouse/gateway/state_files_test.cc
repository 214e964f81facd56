// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/state_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace gatehouse::gateway {
namespace {

class StateFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "gatehouse-state-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    config_.store = StoreKind::sqlite;
    config_.store_path = folder_ + "/gatehouse.db";
    config_.key_path = folder_ + "/gatehouse.key";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static unsigned mode_of(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }

  std::string folder_;
  Config config_;
  base::SystemClock clock_;
  base::SeededRandom random_{7};
};

TEST_F(StateFilesTest, MakesBothWhenNeitherExists) {  // SQ-10
  auto files = open_state_files(config_, clock_, random_);

  ASSERT_TRUE(files) << files.error().detail;
  EXPECT_TRUE(files->created);
  EXPECT_EQ(mode_of(config_.store_path), 0600u);
  EXPECT_EQ(mode_of(config_.key_path), 0600u);
}

TEST_F(StateFilesTest, OpensWhatItMade) {
  { ASSERT_TRUE(open_state_files(config_, clock_, random_)); }

  auto again = open_state_files(config_, clock_, random_);

  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_FALSE(again->created);
}

TEST_F(StateFilesTest, OpensTheDatabaseAloneWhenAKmsHoldsTheKey) {
  config_.key = KeyKind::kms;

  auto files = open_state_files(config_, clock_, random_);

  ASSERT_TRUE(files) << files.error().detail;
  EXPECT_FALSE(files->keys);
  EXPECT_FALSE(std::filesystem::exists(config_.key_path));
  EXPECT_NE(files->store, nullptr);
}

TEST_F(StateFilesTest, RefusesADatabaseWithoutItsKey) {  // VA-21
  { ASSERT_TRUE(open_state_files(config_, clock_, random_)); }
  std::filesystem::remove(config_.key_path);

  auto files = open_state_files(config_, clock_, random_);

  ASSERT_FALSE(files);
  EXPECT_NE(files.error().detail.find(config_.key_path + " is missing"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(config_.key_path)) << "no new key beside an old database";
}

TEST_F(StateFilesTest, RefusesAKeyWithoutItsDatabase) {
  { ASSERT_TRUE(open_state_files(config_, clock_, random_)); }
  std::filesystem::remove(config_.store_path);
  std::filesystem::remove(config_.store_path + "-wal");
  std::filesystem::remove(config_.store_path + "-shm");

  auto files = open_state_files(config_, clock_, random_);

  ASSERT_FALSE(files);
  EXPECT_NE(files.error().detail.find(config_.store_path + " is missing"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(config_.store_path));
}

TEST_F(StateFilesTest, RefusesAKeyOthersMayRead) {
  { ASSERT_TRUE(open_state_files(config_, clock_, random_)); }
  chmod(config_.key_path.c_str(), 0644);

  EXPECT_FALSE(open_state_files(config_, clock_, random_));
}

}  // namespace
}  // namespace gatehouse::gateway
