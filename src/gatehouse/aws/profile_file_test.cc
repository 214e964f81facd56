// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/profile_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

std::string value_of(const ProfileSection* section, std::string_view name) {
  if (section == nullptr) return "(no section)";
  return section->find(name).value_or("(none)");
}

TEST(ProfileFiles, ReadsBothForms) {
  ProfileFiles files;
  ASSERT_TRUE(
      files.add_config("# comment\n; another\r\n\n"
                       "[default]\nregion = eu-west-1\r\n"
                       "[profile reports]\n"
                       "Role_Arn=arn:aws:iam::1:role/x=y\n"
                       "empty =\n"
                       "credential_process = tool --flag 'a b'\n"
                       "[profile \"two words\"] # why not\nregion = x\n"
                       "[sso-session corp]\nsso_region = y\n"
                       "[services local]\n"
                       "dynamodb =\n  endpoint_url = http://localhost:8000\n"
                       "  other = 1\n"
                       "kms =\n\tendpoint_url = http://localhost:8001\n",
                       "/x/config"));
  ASSERT_TRUE(
      files.add_credentials("[reports]\naws_access_key_id = AKIA1\n"
                            "[two words]\naws_access_key_id = AKIA2\n"
                            "[default]\nregion = eu-west-2\n",
                            "/x/credentials"));
  EXPECT_EQ(value_of(files.profile("default"), "region"), "eu-west-2")
      << "the credentials file goes first";
  EXPECT_EQ(value_of(files.profile("reports"), "role_arn"), "arn:aws:iam::1:role/x=y");
  EXPECT_EQ(value_of(files.profile("reports"), "credential_process"), "tool --flag 'a b'");
  EXPECT_EQ(value_of(files.profile("reports"), "aws_access_key_id"), "AKIA1");
  EXPECT_EQ(value_of(files.profile("reports"), "empty"), "(none)");
  EXPECT_EQ(value_of(files.profile("two words"), "region"), "x");
  EXPECT_EQ(value_of(files.profile("two words"), "aws_access_key_id"), "AKIA2");
  EXPECT_EQ(value_of(files.services("local"), "dynamodb.endpoint_url"), "http://localhost:8000");
  EXPECT_EQ(value_of(files.services("local"), "kms.endpoint_url"), "http://localhost:8001");
  EXPECT_EQ(files.profile("corp"), nullptr);
}

TEST(ProfileFiles, NamesFileAndLineOfWhatIsOdd) {
  const struct {
    const char* name;
    std::string text;
    const char* detail;
  } rows[] = {
      {"no section", "\nregion = x\n", "/x/config line 2: a setting stands before the first"},
      {"no equals", "[default]\nregion\n", "/x/config line 2: neither `name = value` nor"},
      {"no name", "[default]\n= x\n", "line 2: a value without a name"},
      {"open bracket", "[default\n", "line 1: a section's name ends with ]"},
      {"nameless", "[]\n", "line 1: a section without a name"},
      {"after it", "[default] x\n", "line 1: something follows the ]"},
      {"odd group", "[services a]\nkms =\n  what\n", "line 3: neither `name = value` nor"},
      {"control", "[default]\nregion = a\x01\n", "line 2: holds control characters"},
      {"null", std::string("[default]\nregion = a\0b\n", 23), "line 2: holds control characters"},
      {"long", "[default]\nregion = " + std::string(17'000, 'x'), "line 2: longer than 16 KB"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ProfileFiles files;
    const auto read = files.add_config(row.text, "/x/config");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_THAT(read.error().detail, HasSubstr(row.detail));
  }
}

TEST(ProfileFiles, NeverRepeatsALine) {
  ProfileFiles files;
  const auto read = files.add_credentials("[default]\naws_secret_access_key s3cret\n", "/x");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().detail, Not(HasSubstr("s3cret")));
}

TEST(ProfileFiles, LooksWhereTheEnvironmentSays) {
  SourceBench bench;
  bench.write_config("[default]\nregion = home\n");
  const auto elsewhere = bench.directory.write("elsewhere/config", "[default]\nregion = named\n");
  const auto below_home = ProfileFiles::load(bench.environment);
  bench.environment.set("AWS_CONFIG_FILE", elsewhere);
  const auto named = ProfileFiles::load(bench.environment);
  bench.environment.set("AWS_CONFIG_FILE", "~/elsewhere/config");
  const auto tilde = ProfileFiles::load(bench.environment);
  bench.environment.set("AWS_CONFIG_FILE", "/nowhere/config");
  const auto absent = ProfileFiles::load(bench.environment);
  Environment bare;
  const auto homeless = ProfileFiles::load(bare);

  ASSERT_TRUE(below_home && named && tilde && absent && homeless);
  EXPECT_EQ(value_of(below_home->profile("default"), "region"), "home");
  EXPECT_EQ(value_of(named->profile("default"), "region"), "named");
  EXPECT_EQ(value_of(tilde->profile("default"), "region"), "named");
  EXPECT_EQ(absent->profile("default"), nullptr);
  EXPECT_EQ(homeless->profile("default"), nullptr);
}

TEST(ProfileFiles, RefusesWhatIsNoSmallFile) {
  SourceBench bench;
  bench.environment.set("AWS_CONFIG_FILE", bench.directory.path());
  const auto directory = ProfileFiles::load(bench.environment);
  const std::string pipe = bench.directory.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  bench.environment.set("AWS_CONFIG_FILE", pipe);
  const auto fifo = ProfileFiles::load(bench.environment);
  bench.environment.set("AWS_CONFIG_FILE",
                        bench.directory.write("large", std::string(1024 * 1024 + 1, '#')));
  const auto large = ProfileFiles::load(bench.environment);

  ASSERT_FALSE(directory || fifo || large);
  EXPECT_THAT(directory.error().detail, HasSubstr("is no regular file"));
  EXPECT_THAT(fifo.error().detail, HasSubstr("is no regular file"));
  EXPECT_THAT(large.error().detail, HasSubstr("is larger than 1048576 bytes"));
}

TEST(ProfileFiles, HintsAtALikelySlip) {
  ProfileFiles files;
  ASSERT_TRUE(files.add_config("[reports]\nregion = x\n", "/x/config"));
  ASSERT_TRUE(files.add_credentials("", "/x/credentials"));
  EXPECT_EQ(files.absence("reports"),
            "profile reports is neither in /x/config nor in /x/credentials; the config file has "
            "[reports], write [profile reports]");
}

}  // namespace
}  // namespace gatehouse::aws
