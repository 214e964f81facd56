// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/archive.h"

#include <gtest/gtest.h>

#include "gatehouse/extract/zip_for_test.h"

namespace gatehouse::extract {
namespace {

constexpr std::size_t kAll = 1'000'000'000;

Trouble trouble_with(const std::string& bytes, const ArchiveLimits& limits = {}) {
  auto archive = Archive::open(bytes, limits);
  if (!archive) return archive.error();
  const auto content = archive->read_beginning("a", kAll);
  EXPECT_FALSE(content);
  return content ? Trouble::busy : content.error();
}

TestEntry zeros(std::size_t repeats) {
  return {"a", std::string(1 + 258 * repeats, '\0'), deflated_zeros(repeats), 8};
}

TEST(Archive, GivesEntriesByName) {
  const std::string bytes = zip_of({{"a", "first"}, {"b/c", std::string(200'000, 'x')}, {"d", ""}});
  auto archive = Archive::open(bytes);
  ASSERT_TRUE(archive);
  EXPECT_TRUE(archive->has("b/c"));
  EXPECT_FALSE(archive->has("c"));
  const auto first = archive->read_beginning("a", kAll);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, "first");
  const auto large = archive->read_beginning("b/c", kAll);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->size(), 200'000u);
  const auto beginning = archive->read_beginning("b/c", 70'000);
  ASSERT_TRUE(beginning);
  EXPECT_EQ(beginning->size(), 70'000u);
  EXPECT_TRUE(archive->read_beginning("d", kAll));
}

TEST(Archive, UnpacksWhatIsPacked) {
  const std::string bytes = zip_of({zeros(10)});
  auto archive = Archive::open(bytes);
  ASSERT_TRUE(archive);
  const auto content = archive->read_beginning("a", kAll);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, std::string(2581, '\0'));
}

TEST(Archive, SaysWhatIsWrong) {
  std::string wrong_sum = zip_of({{"a", "content"}});
  wrong_sum[wrong_sum.find("content")] = 'X';
  const std::string whole = zip_of({{"a", "content"}});
  const struct {
    const char* name;
    std::string bytes;
    Trouble trouble;
  } rows[] = {
      {"nothing", "", Trouble::unsupported},
      {"no archive", "PK\x03\x04 and more", Trouble::damaged},
      {"cut", whole.substr(0, whole.size() - 30), Trouble::damaged},
      {"wrong sum", wrong_sum, Trouble::damaged},
      {"broken deflate", zip_of({{"a", "12345", "\xFF\xFF\xFF\xFF\xFF", 8}}), Trouble::damaged},
      {"absent", zip_of({{"b", "content"}}), Trouble::unsupported},
      {"odd method", zip_of({{"a", "content", "content", 12}}), Trouble::unsupported},
      {"password", zip_of({{"a", "content", {}, 0, 1}}), Trouble::encrypted},
      {"64-bit directory", zip_of({{"a", "PK\x06\x07"}}), Trouble::too_large}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(trouble_with(row.bytes), row.trouble);
  }
}

TEST(Archive, EndsBombs) {
  ArchiveLimits tight;
  tight.ratio_from = 100'000;
  EXPECT_EQ(trouble_with(zip_of({zeros(1'000)}), tight), Trouble::too_large)
      << "158 times its size";
  EXPECT_EQ(trouble_with(zip_of({zeros(20'000)})), Trouble::too_large);

  ArchiveLimits total;
  total.bytes_max = 10'000;
  EXPECT_EQ(trouble_with(zip_of({{"a", std::string(10'001, 'x')}}), total), Trouble::too_large);
  const std::string two = zip_of({{"a", std::string(6'000, 'x')}, {"b", std::string(6'000, 'x')}});
  auto archive = Archive::open(two, total);
  ASSERT_TRUE(archive);
  EXPECT_TRUE(archive->read_beginning("a", kAll));
  const auto second = archive->read_beginning("b", kAll);
  ASSERT_FALSE(second) << "what is read counts together";
  EXPECT_EQ(second.error(), Trouble::too_large);

  ArchiveLimits few;
  few.entries_max = 2;
  EXPECT_EQ(trouble_with(zip_of({{"a", ""}, {"b", ""}, {"c", ""}}), few), Trouble::too_large);
}

TEST(Archive, DoesNotBelieveSizes) {
  TestEntry liar = zeros(20'000);
  liar.content = "short";  // the directory says so
  EXPECT_NE(trouble_with(zip_of({liar})), Trouble::busy);
}

}  // namespace
}  // namespace gatehouse::extract
