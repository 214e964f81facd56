// SPDX-License-Identifier: Apache-2.0
// VA-21
#include "gatehouse/vault/local_key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gatehouse::vault {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

class LocalKeyFile : public ::testing::Test {
 protected:
  LocalKeyFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keysXXXXXX").string();
    directory = mkdtemp(pattern.data());
    path = directory + "/gatehouse.key";
  }
  ~LocalKeyFile() override { std::filesystem::remove_all(directory); }

  void write(const std::string& text) {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
  }
  std::string read() {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  Errc refusal() {
    const auto keys = read_key_file(path);
    EXPECT_FALSE(keys);
    return keys ? Errc::internal : keys.error().code;
  }

  std::string directory;
  std::string path;
  base::SystemRandom random;
};

const std::string kKey(43, 'A');

TEST_F(LocalKeyFile, ReadsWhatItMade) {
  const auto made = create_key_file(path, random);
  ASSERT_TRUE(made) << made.error().detail;

  const auto keys = read_key_file(path);

  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->master_keys.size(), 1u);
  ASSERT_EQ(keys->token_keys.size(), 1u);
  EXPECT_EQ(keys->master_keys[0].id, 1);
  EXPECT_EQ(keys->master_keys[0].bytes.reveal(), made->master_keys[0].bytes.reveal());
  EXPECT_EQ(keys->token_keys[0].bytes.reveal(), made->token_keys[0].bytes.reveal());
  EXPECT_NE(keys->token_keys[0].bytes.reveal(), keys->master_keys[0].bytes.reveal());
  struct stat status {};
  stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(read(), HasSubstr("# Gatehouse key file"));
}

TEST_F(LocalKeyFile, IsNeverOverwritten) {
  ASSERT_TRUE(create_key_file(path, random));
  const std::string before = read();

  const auto again = create_key_file(path, random);

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::conflict);
  EXPECT_EQ(read(), before);
}

TEST_F(LocalKeyFile, IsNotWrittenThroughALink) {
  const std::string target = directory + "/elsewhere";
  ASSERT_EQ(symlink(target.c_str(), path.c_str()), 0);
  EXPECT_FALSE(create_key_file(path, random));
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(LocalKeyFile, IsNotMadeWhereItCannotBe) {
  const auto made = create_key_file(directory + "/missing/gatehouse.key", random);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unavailable);
}

TEST_F(LocalKeyFile, SaysWhenItIsMissing) {
  EXPECT_EQ(refusal(), Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(path)) << "reading makes nothing";
}

TEST_F(LocalKeyFile, IsRefusedWhenOthersMayReadIt) {
  ASSERT_TRUE(create_key_file(path, random));
  for (const mode_t mode : {0640, 0604, 0660, 0622, 0777, 0700}) {
    SCOPED_TRACE(mode);
    chmod(path.c_str(), mode);
    const auto keys = read_key_file(path);
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::denied);
    EXPECT_THAT(keys.error().detail, HasSubstr("chmod 600"));
  }
  chmod(path.c_str(), 0400);
  EXPECT_TRUE(read_key_file(path));
}

TEST_F(LocalKeyFile, IsRefusedWhenAnotherUserOwnsIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(create_key_file(path, random));
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  const auto keys = read_key_file(path);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::denied);
  EXPECT_THAT(keys.error().detail, HasSubstr("chown"));
}

TEST_F(LocalKeyFile, IsRefusedWhenItIsNoFile) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), Errc::invalid_argument);
}

TEST_F(LocalKeyFile, TakesSeveralKeysInTheirOrder) {
  write("# comment\n\nmaster 7 " + kKey + "\nmaster 3 " + kKey + "\ntoken 255 " + kKey + "\n");
  const auto keys = read_key_file(path);
  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->master_keys.size(), 2u);
  EXPECT_EQ(keys->master_keys[0].id, 7);
  EXPECT_EQ(keys->master_keys[1].id, 3);
  EXPECT_EQ(keys->token_keys[0].id, 255);
}

TEST_F(LocalKeyFile, IsRefusedWhenALineIsOdd) {
  const std::string token = "token 1 " + kKey + "\n";
  const std::string master = "master 1 " + kKey + "\n";
  std::string many;
  for (int id = 1; id <= 17; ++id) many += "master " + std::to_string(id) + " " + kKey + "\n";
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"empty", ""},
      {"only comments", "# nothing\n"},
      {"no token key", master},
      {"no master key", token},
      {"short key", token + "master 1 " + kKey.substr(1) + "\n"},
      {"long key", token + "master 1 " + kKey + "A\n"},
      {"VA-26: padded", token + "master 1 " + kKey + "=\n"},
      {"VA-26: stray bits", token + "master 1 " + kKey.substr(1) + "B\n"},
      {"VA-26: space after", token + "master 1 " + kKey + " \n"},
      {"carriage return", token + "master 1 " + kKey + "\r\n"},
      {"two spaces", token + "master  1 " + kKey + "\n"},
      {"id 0", token + "master 0 " + kKey + "\n"},
      {"id 256", token + "master 256 " + kKey + "\n"},
      {"id 01", token + "master 01 " + kKey + "\n"},
      {"id -1", token + "master -1 " + kKey + "\n"},
      {"id twice", token + master + master},
      {"other kind", token + master + "other 1 " + kKey + "\n"},
      {"no words", token + master + "master\n"},
      {"too many", token + many},
      {"a database", std::string("SQLite format 3\0", 16)},
      {"too big", token + master + "#" + std::string(70'000, 'x')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    write(c.text);
    const auto keys = read_key_file(path);
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::invalid_argument);
    EXPECT_THAT(keys.error().detail, Not(HasSubstr("AAAA"))) << "no key in a message";
    EXPECT_EQ(read(), c.text) << "never re-initialised";
  }
}

TEST_F(LocalKeyFile, TakesANewMasterKeyInFront) {
  const auto before = create_key_file(path, random);
  ASSERT_TRUE(before);

  const auto added = add_master_key(path, random);

  ASSERT_TRUE(added) << added.error().detail;
  EXPECT_EQ(*added, 2);
  const auto after = read_key_file(path);
  ASSERT_TRUE(after) << after.error().detail;
  ASSERT_EQ(after->master_keys.size(), 2u);
  EXPECT_EQ(after->master_keys[0].id, 2);
  EXPECT_EQ(after->master_keys[1].bytes.reveal(), before->master_keys[0].bytes.reveal());
  EXPECT_NE(after->master_keys[0].bytes.reveal(), before->master_keys[0].bytes.reveal());
  EXPECT_EQ(after->token_keys[0].bytes.reveal(), before->token_keys[0].bytes.reveal());
  struct stat status {};
  stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(LocalKeyFile, FindsAFreeIdForANewMasterKey) {
  write("token 1 " + kKey + "\nmaster 255 " + kKey + "\nmaster 1 " + kKey + "\n");
  const auto added = add_master_key(path, random);
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, 2);
}

TEST_F(LocalKeyFile, HoldsSixteenMasterKeysAtMost) {
  ASSERT_TRUE(create_key_file(path, random));
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(add_master_key(path, random));
  const auto one_more = add_master_key(path, random);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, Errc::invalid_argument);
  EXPECT_EQ(read_key_file(path)->master_keys.size(), 16u);
}

TEST_F(LocalKeyFile, LetsOldMasterKeysGoButNotTheOneInUse) {
  ASSERT_TRUE(create_key_file(path, random));
  ASSERT_TRUE(add_master_key(path, random));
  ASSERT_TRUE(add_master_key(path, random));
  const std::string before = read();

  EXPECT_EQ(retire_master_keys(path, {3}).error().code, Errc::invalid_argument);
  EXPECT_EQ(retire_master_keys(path, {1, 9}).error().code, Errc::not_found);
  EXPECT_TRUE(retire_master_keys(path, {}));
  EXPECT_EQ(read(), before);

  ASSERT_TRUE(retire_master_keys(path, {1, 2}));
  const auto after = read_key_file(path);
  ASSERT_TRUE(after);
  ASSERT_EQ(after->master_keys.size(), 1u);
  EXPECT_EQ(after->master_keys[0].id, 3);
  EXPECT_EQ(after->token_keys.size(), 1u);
}

// A change cut short left the old file whole; the next one says what is in its way.
TEST_F(LocalKeyFile, StaysAsItIsWhenAChangeCannotBeMade) {
  ASSERT_TRUE(create_key_file(path, random));
  const std::string before = read();
  std::ofstream(path + ".new") << "half a fi";

  const auto added = add_master_key(path, random);

  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::conflict);
  EXPECT_THAT(added.error().detail, HasSubstr(".new"));
  EXPECT_EQ(read(), before);
  EXPECT_EQ(std::filesystem::file_size(path + ".new"), 9u);
}

TEST_F(LocalKeyFile, IsChangedBehindALinkToIt) {
  ASSERT_TRUE(create_key_file(path, random));
  const std::string link = directory + "/link";
  ASSERT_EQ(symlink(path.c_str(), link.c_str()), 0);
  ASSERT_TRUE(add_master_key(link, random));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(read_key_file(path)->master_keys.size(), 2u);
}

TEST_F(LocalKeyFile, IsNotChangedWhenItCannotBeRead) {
  write("broken\n");
  EXPECT_FALSE(add_master_key(path, random));
  EXPECT_FALSE(retire_master_keys(path, {1}));
  EXPECT_EQ(read(), "broken\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

}  // namespace
}  // namespace gatehouse::vault
