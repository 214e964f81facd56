// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/record_rules.h"

#include <gtest/gtest.h>

namespace gatehouse::store {
namespace {

Record plain() {
  Record record;
  record.key = "GRANT#a";
  record.ttl = 1'795'000'000;
  return record;
}

TEST(RecordRules, BoundsAreExact) {
  Record record = plain();
  record.key = std::string(kKeyBytesMax, 'k');
  EXPECT_TRUE(check_record(record));
  record.key += 'k';
  EXPECT_FALSE(check_record(record));

  record = plain();
  record.attributes["data"] = "";
  record.attributes["data"] = std::string(kRecordBytesMax - size_of(record), 'x');
  EXPECT_EQ(size_of(record), kRecordBytesMax);
  EXPECT_TRUE(check_record(record));
  record.attributes["more"] = 1;
  EXPECT_FALSE(check_record(record));
}

TEST(RecordRules, TtlIsInSeconds) {
  Record record = plain();
  for (const std::int64_t ttl : {std::int64_t{1}, std::int64_t{99'999'999'999}}) {
    record.ttl = ttl;
    EXPECT_TRUE(check_record(record)) << ttl;
  }
  for (const std::int64_t ttl :
       {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX, std::int64_t{1'795'000'000'000}}) {
    record.ttl = ttl;
    EXPECT_FALSE(check_record(record)) << ttl;
  }
}

TEST(RecordRules, AttributesAreNamedSoberly) {
  for (const std::string name : {"", "sessionId", "ttl", "version", "gen", "wid", "\xff",
                                 "a name that is longer than all the "
                                 "names which anybody would give to an attribute"}) {
    Record record = plain();
    record.attributes[name] = 1;
    EXPECT_FALSE(check_record(record)) << name;
  }
  Record crowded = plain();
  for (std::size_t i = 0; i <= kAttributesMax; ++i) crowded.attributes["a" + std::to_string(i)] = 1;
  EXPECT_FALSE(check_record(crowded));
}

TEST(RecordRules, ListingsAreBounded) {
  EXPECT_TRUE(check_listing("", "", 1));
  EXPECT_TRUE(check_listing("GRANT#", "GRANT#a", 1000));
  EXPECT_FALSE(check_listing("", "", 0));
  EXPECT_FALSE(check_listing(std::string(kKeyBytesMax + 1, 'k'), "", 1));
  EXPECT_FALSE(check_listing("", std::string(kKeyBytesMax + 1, 'k'), 1));
  EXPECT_FALSE(check_listing("\xff", "", 1));
}

TEST(Record, ReadsAttributesByKind) {
  Record record = plain();
  record.attributes["text"] = "x";
  record.attributes["number"] = 7;
  EXPECT_EQ(record.text("text"), "x");
  EXPECT_EQ(record.number("number"), 7);
  EXPECT_EQ(record.text("number"), "");
  EXPECT_EQ(record.number("text"), 0);
  EXPECT_EQ(record.text("absent"), "");
  EXPECT_TRUE(record.has("text"));
  EXPECT_FALSE(record.has("absent"));
}

}  // namespace
}  // namespace gatehouse::store
