// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_item.h"

#include <gtest/gtest.h>

#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kTtl = 1'795'000'600;

std::string item_of(const Record& record) {
  std::string text;
  base::JsonWriter json(text);
  append_dynamodb_item(json, record);
  return text;
}

base::Result<Record> read(const std::string& text) {
  const auto document = base::JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  const auto record = read_dynamodb_item(document->root());
  if (!record) return record.error();
  return **record;
}

std::string refusal(const std::string& text) {
  const auto record = read(text);
  if (record) return "read";
  EXPECT_EQ(record.error().code, base::Errc::internal);
  return record.error().detail;
}

// An item with one member put in place of the one of that name, or left out when empty.
std::string item_with(const std::string& name, const std::string& value) {
  std::string text = "{";
  const std::map<std::string, std::string> members = {{"sessionId", R"({"S":"GRANT#a"})"},
                                                      {"ttl", R"({"N":"1795000600"})"},
                                                      {"version", R"({"N":"1"})"},
                                                      {"gen", R"({"N":"1"})"},
                                                      {"wid", R"({"S":"w"})"},
                                                      {"other", R"({"S":"x"})"}};
  for (const auto& [member, usual] : members) {
    const std::string& wanted = member == name ? value : usual;
    if (wanted.empty()) continue;
    if (text.size() > 1) text += ',';
    text += "\"" + member + "\":" + wanted;
  }
  return text + "}";
}

// VA-01
TEST(DynamodbItem, HasNamedAttributesWithTheirTypes) {
  Record record;
  record.key = "GRANT#a";
  record.ttl = kTtl;
  record.generation = 3;
  record.write_id = "w";
  record.attributes["encryptedData"] = "c2VhbGVk";
  record.attributes["epoch"] = 7;
  EXPECT_EQ(item_of(record),
            R"({"sessionId":{"S":"GRANT#a"},"ttl":{"N":"1795000600"},"version":{"N":"1"},)"
            R"("gen":{"N":"3"},"wid":{"S":"w"},"encryptedData":{"S":"c2VhbGVk"},)"
            R"("epoch":{"N":"7"}})");
}

TEST(DynamodbItem, ReadsBackWhatItWrites) {
  Record record = sample_record("GRANT#\xC3\xA9", kTtl);
  record.generation = INT64_MAX;
  record.version = -3;
  record.attributes["smallest"] = INT64_MIN;
  record.attributes["largest"] = INT64_MAX;
  record.attributes["empty"] = "";
  record.attributes["text"] = std::string("\"\\\n\0'; --", 9);
  record.attributes["seems a number"] = "5";
  const auto back = read(item_of(record));
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, record);
}

TEST(DynamodbItem, TheSmallestItemIsAFullRecord) {
  const auto record = read(item_with("other", ""));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->key, "GRANT#a");
  EXPECT_EQ(record->ttl, kTtl);
  EXPECT_TRUE(record->attributes.empty());
}

TEST(DynamodbItem, EveryFieldMustBeThere) {
  for (const std::string name : {"sessionId", "ttl", "version", "gen", "wid"}) {
    EXPECT_EQ(refusal(item_with(name, "")),
              "an item of the table is damaged: " + name + " is missing");
  }
}

// ST-05
TEST(DynamodbItem, EveryFieldMustHaveItsType) {
  for (const std::string name : {"sessionId", "wid"}) {
    EXPECT_NE(refusal(item_with(name, R"({"N":"5"})")).find(name + " has another type"),
              std::string::npos);
  }
  for (const std::string name : {"ttl", "version", "gen"}) {
    EXPECT_NE(refusal(item_with(name, R"({"S":"5"})")).find(name + " has another type"),
              std::string::npos);
  }
}

// ST-05
TEST(DynamodbItem, RefusesValuesThatItNeverWrites) {
  for (const std::string value :
       {"null", "5", "\"x\"", "[]", "{}", R"({"S":5})", R"({"S":null})", R"({"N":5})",
        R"({"S":"a","N":"5"})", R"({"NULL":true})", R"({"BOOL":true})", R"({"B":"AAAA"})",
        R"({"L":[]})", R"({"M":{}})", R"({"SS":["a"]})", R"({"NS":["1"]})", R"({"s":"a"})",
        R"({"S":["a"]})", R"({"S":{"S":"a"}})"}) {
    EXPECT_NE(refusal(item_with("other", value)).find("neither text nor whole number"),
              std::string::npos)
        << value;
  }
  for (const std::string item : {"null", "[]", "\"x\"", "5", "{}"}) {
    EXPECT_NE(refusal(item), "read") << item;
  }
}

TEST(DynamodbItem, NumbersAreWholeAndWithin64Bits) {
  for (const std::string number :
       {"", " 5", "5 ", "+5", "5.0", "1e3", "1E+2", "0x10", "9223372036854775808",
        "-9223372036854775809", "-", "NaN", "99999999999999999999999999999999999999"}) {
    EXPECT_NE(refusal(item_with("other", R"({"N":")" + number + R"("})")), "read") << number;
  }
  for (const std::string number : {"0", "-1", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_TRUE(read(item_with("other", R"({"N":")" + number + R"("})"))) << number;
  }
}

// TM-04
TEST(DynamodbItem, LifetimesAreEpochSeconds) {
  EXPECT_EQ(read(item_with("ttl", R"({"N":"4102444800"})"))->ttl, 4'102'444'800);
  for (const std::string ttl : {"0", "-1", "1795000600000", "1795000600.5"}) {
    EXPECT_NE(refusal(item_with("ttl", R"({"N":")" + ttl + R"("})")), "read") << ttl;
  }
}

TEST(DynamodbItem, GenerationsArePositive) {
  for (const std::string generation : {"0", "-1", "-9223372036854775808"}) {
    EXPECT_NE(refusal(item_with("gen", R"({"N":")" + generation + R"("})")), "read") << generation;
  }
}

TEST(DynamodbItem, StaysWithinTheBoundsOfRecords) {
  const std::string large(301 * 1024, 'x');
  EXPECT_NE(refusal(item_with("other", R"({"S":")" + large + R"("})")).find("too large"),
            std::string::npos);
  EXPECT_NE(refusal(item_with("sessionId", R"({"S":""})")), "read");
  EXPECT_NE(refusal(item_with("sessionId", R"({"S":")" + std::string(257, 'k') + R"("})")), "read");
}

TEST(DynamodbItem, DamageIsReportedWithoutContent) {
  EXPECT_EQ(refusal(item_with("other", R"({"B":"hunter2"})")).find("hunter2"), std::string::npos);
  EXPECT_EQ(refusal(item_with("ttl", R"({"S":"hunter2"})")).find("hunter2"), std::string::npos);
}

TEST(DynamodbKey, IsOneTextAndNothingElse) {
  std::string text;
  base::JsonWriter json(text);
  append_dynamodb_key(json, "GRANT#\"a");
  EXPECT_EQ(text, R"({"sessionId":{"S":"GRANT#\"a"}})");
  const auto written = base::JsonDocument::parse(text);
  const auto key = read_dynamodb_key(written->root());
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, "GRANT#\"a");
  for (const char* const other :
       {"null", "{}", R"({"sessionId":"a"})", R"({"sessionId":{"N":"5"}})",
        R"({"sessionId":{"S":5}})", R"({"id":{"S":"a"}})", R"({"sessionId":{"S":"a","N":"5"}})",
        R"({"sessionId":{"S":"a"},"sort":{"S":"b"}})"}) {
    const auto document = base::JsonDocument::parse(other);
    ASSERT_TRUE(document);
    EXPECT_FALSE(read_dynamodb_key(document->root())) << other;
  }
}

}  // namespace
}  // namespace gatehouse::store
