// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_record_store.h"

#include <gtest/gtest.h>

#include "gatehouse/store/dynamodb_fixture.h"
#include "gatehouse/store/dynamodb_item.h"
#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;

std::string item_of(const Record& record) {
  std::string text;
  base::JsonWriter json(text);
  append_dynamodb_item(json, record);
  return text;
}

std::string got(const Record& record) { return R"({"Item":)" + item_of(record) + "}"; }

std::string key_of(const std::string& key) { return R"({"sessionId":{"S":")" + key + R"("}})"; }

std::string batch(const std::vector<std::string>& items, const std::vector<std::string>& left) {
  std::string text = R"({"Responses":{"grants":[)";
  for (const std::string& item : items) text += (&item == &items.front() ? "" : ",") + item;
  text += R"(]},"UnprocessedKeys":{)";
  if (!left.empty()) text += R"("grants":{"ConsistentRead":true,"Keys":[)";
  for (const std::string& key : left) text += (&key == &left.front() ? "" : ",") + key_of(key);
  if (!left.empty()) text += "]}";
  return text + "}}";
}

std::string with_item(const Record& record, const std::string& rest) {
  return R"({"TableName":"grants","Item":)" + item_of(record) + "," + rest + "}";
}

class DynamodbStore : public testing::Test {
 protected:
  static Record sample(std::string key = "GRANT#a", std::int64_t ttl = kNow + 600) {
    Record record;
    record.key = std::move(key);
    record.ttl = ttl;
    record.write_id = "w1";
    record.attributes["encryptedData"] = "c2VhbGVk";
    return record;
  }

  auto get(std::string_view key) { return run(loop_, store_.get(key)); }
  auto get_each(const std::vector<std::string>& keys) { return run(loop_, store_.get_each(keys)); }
  auto create(Record record) { return run(loop_, store_.create(std::move(record))); }
  auto replace(Record record) { return run(loop_, store_.replace(std::move(record))); }
  auto amend(Record record) { return run(loop_, store_.amend(std::move(record))); }
  auto remove(std::string_view key, std::uint64_t generation) {
    return run(loop_, store_.remove(key, generation));
  }
  auto list(std::string_view prefix, const std::string& from = "", std::size_t rows_max = 10) {
    return run(loop_, store_.list(prefix, from, rows_max));
  }
  std::string body(std::size_t call = 0) const { return dynamodb_.calls().at(call).body; }

  void TearDown() override { EXPECT_TRUE(dynamodb_.is_played()) << "calls were expected"; }

  boost::asio::io_context loop_{1};
  base::FixedClock clock_{base::from_epoch_seconds(kNow)};
  ScriptedDynamodb dynamodb_{clock_};
  DynamodbRecordStore store_{dynamodb_.client(), "grants", clock_};
};

TEST_F(DynamodbStore, GetsByOneConsistentRead) {
  dynamodb_.answer("GetItem", got(sample()));
  const auto found = get("GRANT#a");
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(**found, sample());
  EXPECT_EQ(body(),
            R"({"TableName":"grants","ConsistentRead":true,"Key":)" + key_of("GRANT#a") + "}");
}

TEST_F(DynamodbStore, AbsentIsNotFound) {
  dynamodb_.answer("GetItem", "{}");
  EXPECT_TRUE(failed_with(get("GRANT#a"), base::Errc::not_found));
}

// ST-09, TM-06
TEST_F(DynamodbStore, WhatTheTableStillHoldsMayBeExpired) {
  for (const std::int64_t ttl : {kNow, kNow - 1, std::int64_t{1}}) {
    dynamodb_.answer("GetItem", got(sample("GRANT#a", ttl)));
    EXPECT_TRUE(failed_with(get("GRANT#a"), base::Errc::not_found)) << ttl;
  }
  dynamodb_.answer("GetItem", got(sample("GRANT#a", kNow + 1)));
  EXPECT_TRUE(get("GRANT#a"));
  dynamodb_.answer("BatchGetItem",
                   batch({item_of(sample("GRANT#a", kNow)), item_of(sample("GRANT#b"))}, {}));
  const auto each = get_each({"GRANT#a", "GRANT#b"});
  ASSERT_TRUE(each);
  EXPECT_EQ(each->at(0), nullptr);
  EXPECT_NE(each->at(1), nullptr);
  dynamodb_.answer("Scan", R"({"Items":[)" + item_of(sample("GRANT#a", kNow)) + "]}");
  const auto page = list("GRANT#");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->records.empty());
}

// ST-05
TEST_F(DynamodbStore, AnAnswerAboutSomethingElseIsNoAnswer) {
  dynamodb_.answer("GetItem", got(sample("GRANT#b")));
  EXPECT_TRUE(failed_with(get("GRANT#a"), base::Errc::unavailable));
  dynamodb_.answer("BatchGetItem", batch({item_of(sample("GRANT#c"))}, {}));
  EXPECT_TRUE(failed_with(get_each({"GRANT#a", "GRANT#b"}), base::Errc::unavailable));
  dynamodb_.answer("BatchGetItem", batch({}, {"GRANT#c"}));
  EXPECT_TRUE(failed_with(get_each({"GRANT#a", "GRANT#b"}), base::Errc::unavailable));
  dynamodb_.answer("Scan", R"({"Items":[)" + item_of(sample("USER#a")) + "]}");
  EXPECT_TRUE(failed_with(list("GRANT#"), base::Errc::unavailable));
}

// ST-05: an answer that cannot be read must not pass for "no such record".
TEST_F(DynamodbStore, WrongTypesAreFailures) {
  for (const char* const text : {"[]", "5", "null", "\"x\""}) {
    for (int attempt = 0; attempt < 3; ++attempt) dynamodb_.answer("GetItem", text);
    const auto found = get("GRANT#a");
    ASSERT_FALSE(found) << text;
    EXPECT_NE(found.error().code, base::Errc::not_found) << text;
  }
  for (const char* const item : {"null", "[]", "\"x\"", "{}", R"({"sessionId":{"S":"GRANT#a"}})"}) {
    dynamodb_.answer("GetItem", std::string(R"({"Item":)") + item + "}");
    EXPECT_TRUE(failed_with(get("GRANT#a"), base::Errc::internal)) << item;
  }
  for (const char* const text :
       {"{}", R"({"Responses":[]})", R"({"Responses":{"grants":{}}})",
        R"({"Responses":{},"UnprocessedKeys":{"grants":{}}})",
        R"({"Responses":{},"UnprocessedKeys":{"grants":{"Keys":[{"sessionId":"GRANT#a"}]}}})"}) {
    dynamodb_.answer("BatchGetItem", text);
    EXPECT_TRUE(failed_with(get_each({"GRANT#a", "GRANT#b"}), base::Errc::unavailable)) << text;
  }
  for (const char* const text :
       {"{}", R"({"Items":{}})", R"({"Items":[],"LastEvaluatedKey":"GRANT#a"})",
        R"({"Items":[],"LastEvaluatedKey":{"sessionId":{"S":""}}})",
        R"({"Items":[],"LastEvaluatedKey":{"sessionId":{"N":"5"}}})"}) {
    dynamodb_.answer("Scan", text);
    EXPECT_TRUE(failed_with(list("GRANT#"), base::Errc::unavailable)) << text;
  }
}

// ST-05
TEST_F(DynamodbStore, TruncatedAnswersAreFailures) {
  for (int i = 0; i < 3; ++i) dynamodb_.answer("GetItem", R"({"Item":{"sessionId":{"S":"GRANT#)");
  EXPECT_TRUE(failed_with(get("GRANT#a"), base::Errc::unavailable));
}

// ST-03
TEST_F(DynamodbStore, ThrottlingAndFaultsAreRetriedAndThenUnavailable) {
  dynamodb_.refuse("GetItem", "ProvisionedThroughputExceededException")
      .refuse("GetItem", "InternalServerError", "fault", 500)
      .answer("GetItem", got(sample()));
  EXPECT_TRUE(get("GRANT#a"));
  for (int i = 0; i < 3; ++i) dynamodb_.refuse("GetItem", "ThrottlingException");
  const auto throttled = get("GRANT#a");
  EXPECT_TRUE(failed_with(throttled, base::Errc::unavailable));
  EXPECT_NE(throttled.error().detail.find("ThrottlingException"), std::string::npos);
}

// A missing table, missing rights and refused requests end no session: they are no answer.
TEST_F(DynamodbStore, RefusalsNeverPassForMissingOrChangedRecords) {
  const struct {
    const char* type;
    base::Errc code;
  } cases[] = {
      {"ResourceNotFoundException", base::Errc::internal},
      {"AccessDeniedException", base::Errc::internal},
      {"ValidationException", base::Errc::internal},
      {"UnrecognizedClientException", base::Errc::internal},
      {"TransactionConflictException", base::Errc::unavailable},
      {"SomethingNew", base::Errc::internal},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.type);
    ScriptedDynamodb dynamodb(clock_);
    for (int attempt = 0; attempt < 3; ++attempt) {
      for (const char* const operation : {"GetItem", "PutItem", "DeleteItem"}) {
        dynamodb.refuse(operation, c.type);
      }
    }
    DynamodbRecordStore store(dynamodb.client(), "grants", clock_);
    EXPECT_TRUE(failed_with(run(loop_, store.get("GRANT#a")), c.code));
    EXPECT_TRUE(failed_with(run(loop_, store.create(sample())), c.code));
    EXPECT_TRUE(failed_with(run(loop_, store.remove("GRANT#a", 1)), c.code));
  }
}

// ST-11
TEST_F(DynamodbStore, NamesTheMissingTableAndTheRemedy) {
  dynamodb_.refuse("GetItem", "ResourceNotFoundException");
  const auto found = get("GRANT#a");
  ASSERT_FALSE(found);
  for (const char* const word : {"grants", "eu-central-1", "gatehouse store init"}) {
    EXPECT_NE(found.error().detail.find(word), std::string::npos) << found.error().detail;
  }
}

TEST_F(DynamodbStore, CreatesUnlessALiveRecordIsThere) {
  dynamodb_.answer("PutItem", "{}");
  ASSERT_TRUE(create(sample()));
  EXPECT_EQ(body(),
            with_item(sample(),
                      R"("ConditionExpression":"attribute_not_exists(sessionId) OR #ttl <= :now",)"
                      R"("ExpressionAttributeNames":{"#ttl":"ttl"},)"
                      R"("ExpressionAttributeValues":{":now":{"N":"1795000000"}})"));
  dynamodb_.refuse("PutItem", "ConditionalCheckFailedException");
  EXPECT_TRUE(failed_with(create(sample()), base::Errc::conflict));
}

TEST_F(DynamodbStore, ReplacesOnlyTheLivePreviousGeneration) {
  const Record next = successor_of(sample());
  dynamodb_.answer("PutItem", "{}");
  ASSERT_TRUE(replace(next));
  EXPECT_EQ(body(), with_item(next, R"("ConditionExpression":"gen = :gen AND #ttl > :now",)"
                                    R"("ExpressionAttributeNames":{"#ttl":"ttl"},)"
                                    R"("ExpressionAttributeValues":{":now":{"N":"1795000000"},)"
                                    R"(":gen":{"N":"1"}})"));
  dynamodb_.refuse("PutItem", "ConditionalCheckFailedException");
  EXPECT_TRUE(failed_with(replace(next), base::Errc::conflict));
}

TEST_F(DynamodbStore, AmendsOnlyTheLiveWriteThatWasMeant) {
  dynamodb_.answer("PutItem", "{}");
  ASSERT_TRUE(amend(sample()));
  EXPECT_EQ(body(),
            with_item(sample(), R"("ConditionExpression":"gen = :gen AND wid = :wid AND #ttl > )"
                                R"(:now","ExpressionAttributeNames":{"#ttl":"ttl"},)"
                                R"("ExpressionAttributeValues":{":now":{"N":"1795000000"},)"
                                R"(":gen":{"N":"1"},":wid":{"S":"w1"}})"));
}

TEST_F(DynamodbStore, RemovesOnlyTheLiveGenerationThatWasMeant) {
  dynamodb_.answer("DeleteItem", "{}");
  ASSERT_TRUE(remove("GRANT#a", 3));
  EXPECT_EQ(body(), R"({"TableName":"grants","Key":)" + key_of("GRANT#a") +
                        R"(,"ConditionExpression":"gen = :gen AND #ttl > :now",)"
                        R"("ExpressionAttributeNames":{"#ttl":"ttl"},)"
                        R"("ExpressionAttributeValues":{":now":{"N":"1795000000"},)"
                        R"(":gen":{"N":"3"}}})");
}

TEST_F(DynamodbStore, AfterAFailedRemovalTheRecordDecides) {
  dynamodb_.refuse("DeleteItem", "ConditionalCheckFailedException").answer("GetItem", "{}");
  EXPECT_TRUE(failed_with(remove("GRANT#a", 1), base::Errc::not_found));
  dynamodb_.refuse("DeleteItem", "ConditionalCheckFailedException")
      .answer("GetItem", got(sample("GRANT#a", kNow)));
  EXPECT_TRUE(failed_with(remove("GRANT#a", 1), base::Errc::not_found));
  dynamodb_.refuse("DeleteItem", "ConditionalCheckFailedException")
      .answer("GetItem", got(successor_of(sample())));
  EXPECT_TRUE(failed_with(remove("GRANT#a", 1), base::Errc::conflict));
  dynamodb_.refuse("DeleteItem", "ConditionalCheckFailedException")
      .refuse("GetItem", "AccessDeniedException");
  EXPECT_TRUE(failed_with(remove("GRANT#a", 1), base::Errc::internal));
  EXPECT_NE(body(1).find(R"("ConsistentRead":true)"), std::string::npos);
}

// The first attempt removed the record and its answer was lost. Two who remove must never both be
// told that they did.
TEST_F(DynamodbStore, ALostRemovalIsNotFound) {
  dynamodb_.fail("DeleteItem", base::Errc::unavailable)
      .refuse("DeleteItem", "ConditionalCheckFailedException")
      .answer("GetItem", "{}");
  EXPECT_TRUE(failed_with(remove("GRANT#a", 1), base::Errc::not_found));
}

// The first attempt amended the record and its answer was lost.
TEST_F(DynamodbStore, ALostAmendmentIsRecognised) {
  Record amended = sample();
  amended.attributes["encryptedKey"] = "bmV3";
  dynamodb_.fail("PutItem", base::Errc::unavailable)
      .refuse("PutItem", "ConditionalCheckFailedException")
      .answer("GetItem", got(amended));
  EXPECT_TRUE(amend(amended));
}

TEST_F(DynamodbStore, AfterAFailedAmendmentOnlyTheSameRecordIsSuccess) {
  Record amended = sample();
  amended.attributes["encryptedKey"] = "bmV3";
  for (const Record& stored : {sample(), successor_of(amended), sample("GRANT#a", kNow)}) {
    dynamodb_.refuse("PutItem", "ConditionalCheckFailedException").answer("GetItem", got(stored));
    EXPECT_TRUE(failed_with(amend(amended), base::Errc::conflict));
  }
  dynamodb_.refuse("PutItem", "ConditionalCheckFailedException").answer("GetItem", "{}");
  EXPECT_TRUE(failed_with(amend(amended), base::Errc::conflict));
  dynamodb_.refuse("PutItem", "ConditionalCheckFailedException")
      .refuse("GetItem", "AccessDeniedException");
  EXPECT_TRUE(failed_with(amend(amended), base::Errc::internal));
}

// The vault recognises its own write by the write id.
TEST_F(DynamodbStore, ALostCreationOrReplacementIsAConflict) {
  for (int i = 0; i < 2; ++i) {
    dynamodb_.fail("PutItem", base::Errc::unavailable)
        .refuse("PutItem", "ConditionalCheckFailedException");
  }
  EXPECT_TRUE(failed_with(create(sample()), base::Errc::conflict));
  EXPECT_TRUE(failed_with(replace(successor_of(sample())), base::Errc::conflict));
}

// ST-15
TEST_F(DynamodbStore, RefusesTooLargeRecordsBeforeAskingAnybody) {
  Record large = sample();
  large.attributes["encryptedData"] = std::string(301 * 1024, 'x');
  EXPECT_TRUE(failed_with(create(large), base::Errc::invalid_argument));
  EXPECT_TRUE(failed_with(replace(successor_of(large)), base::Errc::invalid_argument));
  EXPECT_TRUE(failed_with(amend(large), base::Errc::invalid_argument));
  EXPECT_TRUE(failed_with(get(std::string(257, 'k')), base::Errc::invalid_argument));
  EXPECT_TRUE(failed_with(remove("", 1), base::Errc::invalid_argument));
  EXPECT_TRUE(dynamodb_.calls().empty());
}

TEST_F(DynamodbStore, ReadsSeveralByOneConsistentBatch) {
  dynamodb_.answer("BatchGetItem",
                   batch({item_of(sample("GRANT#b")), item_of(sample("GRANT#a"))}, {}));
  const auto found = get_each({"GRANT#a", "GRANT#c", "GRANT#b", "GRANT#a"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 4u);
  EXPECT_EQ(*found->at(0), sample("GRANT#a"));
  EXPECT_EQ(found->at(1), nullptr);
  EXPECT_EQ(*found->at(2), sample("GRANT#b"));
  EXPECT_EQ(*found->at(3), sample("GRANT#a"));
  // DynamoDB refuses a batch that names a key twice.
  EXPECT_EQ(body(), R"({"RequestItems":{"grants":{"ConsistentRead":true,"Keys":[)" +
                        key_of("GRANT#a") + "," + key_of("GRANT#b") + "," + key_of("GRANT#c") +
                        "]}}}");
}

TEST_F(DynamodbStore, ReadsOneKeyWithoutABatchAndNoneWithoutACall) {
  dynamodb_.answer("GetItem", got(sample()));
  const auto found = get_each({"GRANT#a", "GRANT#a"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(*found->at(1), sample());
  EXPECT_TRUE(get_each({})->empty());
  EXPECT_EQ(dynamodb_.operations(), "GetItem ");
}

// ST-16
TEST_F(DynamodbStore, AsksAgainForKeysThatWereKeptBack) {
  dynamodb_.answer("BatchGetItem", batch({item_of(sample("GRANT#b"))}, {"GRANT#a", "GRANT#c"}))
      .answer("BatchGetItem", batch({}, {"GRANT#a", "GRANT#c"}))
      .answer("BatchGetItem", batch({item_of(sample("GRANT#a"))}, {}));
  const auto found = get_each({"GRANT#a", "GRANT#b", "GRANT#c"});
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(*found->at(0), sample("GRANT#a"));
  EXPECT_EQ(*found->at(1), sample("GRANT#b"));
  EXPECT_EQ(found->at(2), nullptr);
  EXPECT_EQ(body(2), R"({"RequestItems":{"grants":{"ConsistentRead":true,"Keys":[)" +
                         key_of("GRANT#a") + "," + key_of("GRANT#c") + "]}}}");
}

// ST-16: a key that is kept back for ever is not absent.
TEST_F(DynamodbStore, GivesUpOnKeysThatAreKeptBackForEver) {
  dynamodb_.answer("BatchGetItem", batch({item_of(sample("GRANT#b"))}, {"GRANT#a"}));
  for (int i = 0; i < 5; ++i) dynamodb_.answer("BatchGetItem", batch({}, {"GRANT#a"}));
  EXPECT_TRUE(failed_with(get_each({"GRANT#a", "GRANT#b"}), base::Errc::unavailable));
}

TEST_F(DynamodbStore, ListsByConsistentScansInPages) {
  dynamodb_.answer("Scan", R"({"Items":[)" + item_of(sample("GRANT#b")) +
                               R"(],"LastEvaluatedKey":)" + key_of("GRANT#b") + "}");
  const auto first = list("GRANT#", "", 2);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->records.size(), 1u);
  EXPECT_EQ(*first->records[0], sample("GRANT#b"));
  EXPECT_EQ(first->next, "GRANT#b");
  dynamodb_.answer("Scan", R"({"Items":[]})");
  const auto second = list("GRANT#", first->next, 2);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->records.empty());
  EXPECT_TRUE(second->next.empty());
  EXPECT_EQ(body(1),
            R"({"TableName":"grants","ConsistentRead":true,"Limit":2,"FilterExpression":)"
            R"x("#ttl > :now AND begins_with(sessionId, :prefix)",)x"
            R"("ExpressionAttributeNames":{"#ttl":"ttl"},)"
            R"("ExpressionAttributeValues":{":now":{"N":"1795000000"},":prefix":{"S":"GRANT#"}},)"
            R"("ExclusiveStartKey":)" +
                key_of("GRANT#b") + "}");
}

TEST_F(DynamodbStore, ListsEverythingWithoutAPrefixAndNotTooMuchAtOnce) {
  dynamodb_.answer("Scan", R"({"Items":[]})");
  EXPECT_TRUE(list("", "", 1'000'000));
  EXPECT_EQ(body(), R"({"TableName":"grants","ConsistentRead":true,"Limit":1000,)"
                    R"("FilterExpression":"#ttl > :now",)"
                    R"("ExpressionAttributeNames":{"#ttl":"ttl"},)"
                    R"("ExpressionAttributeValues":{":now":{"N":"1795000000"}}})");
}

TEST_F(DynamodbStore, AListThatDoesNotMoveIsAFailure) {
  dynamodb_.answer("Scan", R"({"Items":[],"LastEvaluatedKey":)" + key_of("GRANT#b") + "}");
  EXPECT_TRUE(failed_with(list("GRANT#", "GRANT#b"), base::Errc::unavailable));
}

TEST_F(DynamodbStore, MoreRowsThanAskedForAreAFailure) {
  dynamodb_.answer("Scan", R"({"Items":[)" + item_of(sample("GRANT#a")) + "," +
                               item_of(sample("GRANT#b")) + "]}");
  EXPECT_TRUE(failed_with(list("GRANT#", "", 1), base::Errc::unavailable));
}

TEST_F(DynamodbStore, AnUnknownOutcomeIsATimeout) {
  for (int i = 0; i < 3; ++i) dynamodb_.fail("PutItem", base::Errc::timeout);
  const auto created = create(sample());
  EXPECT_TRUE(failed_with(created, base::Errc::timeout));
}

}  // namespace
}  // namespace gatehouse::store
