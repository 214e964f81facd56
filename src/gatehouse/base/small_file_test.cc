// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace gatehouse::base {
namespace {

class SmallFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/file";
  }
  void TearDown() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  void write(std::string_view text) { std::ofstream(path_) << text; }

  std::string folder_ = "/tmp/small_file_test.XXXXXX";
  std::string path_;
};

TEST_F(SmallFile, ReadsUpToItsBound) {
  write("12345678");
  const auto content = read_small_file(path_, 8);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->reveal(), "12345678");
  EXPECT_EQ(read_small_file(path_, 7).error().code, Errc::invalid_argument);
}

TEST_F(SmallFile, ReadsAnEmptyFile) {
  write("");
  const auto content = read_small_file(path_, 8);
  ASSERT_TRUE(content);
  EXPECT_TRUE(content->empty());
}

TEST_F(SmallFile, SaysWhenThereIsNone) {
  EXPECT_EQ(read_small_file(path_, 8).error().code, Errc::not_found);
  EXPECT_EQ(read_small_file("/dev/null/file", 8).error().code, Errc::not_found);
}

TEST_F(SmallFile, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(read_small_file(folder_, 8).error().code, Errc::invalid_argument);
  EXPECT_EQ(read_small_file("/dev/null", 8).error().code, Errc::invalid_argument);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read_small_file(path_, 8).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::base
