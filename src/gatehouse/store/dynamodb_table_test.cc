// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_table.h"

#include <gtest/gtest.h>

#include <functional>

#include "gatehouse/store/dynamodb_live.h"
#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;

base::Coroutine<void> nothing() { co_return; }

// A table as DescribeTable shows it.
struct Description {
  std::string status = "ACTIVE";
  std::string keys = R"([{"AttributeName":"sessionId","KeyType":"HASH"}])";
  std::string definitions = R"([{"AttributeName":"sessionId","AttributeType":"S"}])";
  std::string billing = R"("BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},)";
  std::string protection = "true";

  std::string text() const {
    return R"({"Table":{"TableName":"grants",)" + billing + R"("TableStatus":")" + status +
           R"(","KeySchema":)" + keys + R"(,"AttributeDefinitions":)" + definitions +
           R"(,"DeletionProtectionEnabled":)" + protection +
           R"(,"TableArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/grants"}})";
  }
};

std::string time_to_live(const std::string& status, const std::string& attribute = "ttl") {
  return R"({"TimeToLiveDescription":{"TimeToLiveStatus":")" + status + R"(","AttributeName":")" +
         attribute + R"("}})";
}

std::string recovery(const std::string& status) {
  return R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",)"
         R"("PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":")" +
         status + R"("}}})";
}

class DynamodbTableTest : public testing::Test {
 protected:
  // What the comparison asks.
  void describe(const Description& table, const std::string& ttl, const std::string& backups) {
    dynamodb_.answer("DescribeTable", table.text())
        .answer("DescribeTimeToLive", ttl)
        .answer("DescribeContinuousBackups", backups);
  }
  void describe_sound_table() {
    describe(Description(), time_to_live("ENABLED"), recovery("ENABLED"));
  }

  base::Result<TableReport> init() { return run(loop_, table_.init()); }
  base::Result<TableReport> examine() { return run(loop_, table_.examine()); }

  // The only difference there is.
  TableDifference difference() {
    const auto report = examine();
    EXPECT_TRUE(report);
    if (!report || report->differences.size() != 1) {
      ADD_FAILURE() << "not one difference";
      return {};
    }
    return report->differences[0];
  }

  void TearDown() override { EXPECT_TRUE(dynamodb_.is_played()) << "calls were expected"; }

  boost::asio::io_context loop_{1};
  base::FixedClock clock_{base::from_epoch_seconds(kNow)};
  ScriptedDynamodb dynamodb_{clock_};
  int pauses_ = 0;
  DynamodbTable table_{dynamodb_.client(), "grants", [this](std::chrono::milliseconds) {
                         ++pauses_;
                         return nothing();
                       }};
};

TEST_F(DynamodbTableTest, CreatesWhatIsMissingWithEverythingOn) {
  Description creating;
  creating.status = "CREATING";
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException")
      .answer("CreateTable", creating.text())
      .answer("DescribeTable", creating.text())
      .answer("DescribeTable", creating.text())
      .answer("DescribeTable", Description().text())
      .answer("UpdateTimeToLive", "{}")
      .answer("UpdateContinuousBackups", "{}");
  describe(Description(), time_to_live("ENABLING"), recovery("ENABLED"));
  const auto report = init();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report->created);
  EXPECT_TRUE(report->differences.empty());
  EXPECT_EQ(report->arn, "arn:aws:dynamodb:eu-central-1:123456789012:table/grants");
  std::map<std::string, std::string> bodies;
  for (const SeenCall& call : dynamodb_.calls()) bodies[call.operation] = call.body;
  EXPECT_EQ(bodies["CreateTable"],
            R"({"TableName":"grants","AttributeDefinitions":[{"AttributeName":"sessionId",)"
            R"("AttributeType":"S"}],"KeySchema":[{"AttributeName":"sessionId",)"
            R"("KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",)"
            R"("DeletionProtectionEnabled":true})");
  EXPECT_EQ(bodies["UpdateTimeToLive"],
            R"({"TableName":"grants","TimeToLiveSpecification":{"AttributeName":"ttl",)"
            R"("Enabled":true}})");
  EXPECT_EQ(bodies["UpdateContinuousBackups"],
            R"({"TableName":"grants","PointInTimeRecoverySpecification":)"
            R"({"PointInTimeRecoveryEnabled":true}})");
}

TEST_F(DynamodbTableTest, ChangesNothingOfATableThatIsThere) {
  Description loose;
  loose.protection = "false";
  dynamodb_.answer("DescribeTable", loose.text()).answer("DescribeTable", loose.text());
  describe(loose, time_to_live("DISABLED", ""), recovery("DISABLED"));
  const auto report = init();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report->created);
  EXPECT_EQ(report->differences.size(), 3u);
}

TEST_F(DynamodbTableTest, OfTwoThatCreateBothEndWithACompleteTable) {
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException")
      .refuse("CreateTable", "ResourceInUseException")
      .answer("DescribeTable", Description().text())
      .refuse("UpdateTimeToLive", "ValidationException", "TimeToLive is already enabled")
      .answer("UpdateContinuousBackups", "{}");
  describe_sound_table();
  const auto report = init();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report->created);
  EXPECT_TRUE(report->differences.empty());
}

TEST_F(DynamodbTableTest, WaitsForATableThatSomebodyElseIsMaking) {
  Description creating;
  creating.status = "CREATING";
  dynamodb_.answer("DescribeTable", creating.text())
      .answer("DescribeTable", creating.text())
      .answer("DescribeTable", Description().text());
  describe_sound_table();
  const auto report = init();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report->created);
}

TEST_F(DynamodbTableTest, ANewTableMayNotBeKnownEverywhereYet) {
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException")
      .answer("CreateTable", "{}")
      .refuse("DescribeTable", "ResourceNotFoundException")
      .answer("DescribeTable", Description().text())
      .refuse("UpdateTimeToLive", "ResourceInUseException")
      .answer("UpdateTimeToLive", "{}")
      .refuse("UpdateContinuousBackups", "ContinuousBackupsUnavailableException")
      .answer("UpdateContinuousBackups", "{}");
  describe_sound_table();
  const auto report = init();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report->created);
}

TEST_F(DynamodbTableTest, DoesNotWaitForEver) {
  Description creating;
  creating.status = "CREATING";
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException").answer("CreateTable", "{}");
  for (int i = 0; i < 121; ++i) dynamodb_.answer("DescribeTable", creating.text());
  const auto report = init();
  ASSERT_TRUE(failed_with(report, base::Errc::timeout));
  EXPECT_NE(report.error().detail.find("still being created"), std::string::npos);
  EXPECT_EQ(pauses_, 120);
}

TEST_F(DynamodbTableTest, SaysWhatIsDoneWhenTheRestIsRefused) {
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException")
      .answer("CreateTable", "{}")
      .answer("DescribeTable", Description().text())
      .refuse("UpdateTimeToLive", "AccessDeniedException", "not authorized");
  const auto report = init();
  ASSERT_TRUE(failed_with(report, base::Errc::denied));
  for (const char* const words : {"was made and is not complete", "UpdateTimeToLive",
                                  "not authorized", "gatehouse store init"}) {
    EXPECT_NE(report.error().detail.find(words), std::string::npos) << report.error().detail;
  }
}

TEST_F(DynamodbTableTest, SaysWhyItCannotBegin) {
  dynamodb_.refuse("DescribeTable", "AccessDeniedException", "not authorized");
  EXPECT_TRUE(failed_with(init(), base::Errc::denied));
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException")
      .refuse("CreateTable", "ValidationException", "no such name");
  const auto report = init();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().detail.find("CreateTable"), std::string::npos);
}

TEST_F(DynamodbTableTest, ExaminingFindsNothingWrongWithASoundTable) {
  describe_sound_table();
  const auto report = examine();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report->created);
  EXPECT_TRUE(report->differences.empty());
  EXPECT_EQ(dynamodb_.operations(), "DescribeTable DescribeTimeToLive DescribeContinuousBackups ");
}

TEST_F(DynamodbTableTest, ExaminingNoTableIsNotFound) {
  dynamodb_.refuse("DescribeTable", "ResourceNotFoundException");
  const auto report = examine();
  ASSERT_TRUE(failed_with(report, base::Errc::not_found));
  EXPECT_EQ(report.error().detail,
            "there is no table grants in eu-central-1. `gatehouse store init` makes it");
}

TEST_F(DynamodbTableTest, ProvisionedThroughputIsADifference) {
  Description provisioned;
  for (const char* const billing : {"", R"("BillingModeSummary":{"BillingMode":"PROVISIONED"},)"}) {
    provisioned.billing = billing;
    describe(provisioned, time_to_live("ENABLED"), recovery("ENABLED"));
    const TableDifference found = difference();
    EXPECT_EQ(found.what, "billing mode");
    EXPECT_EQ(found.found, "PROVISIONED");
    EXPECT_EQ(found.wanted, "PAY_PER_REQUEST");
    EXPECT_EQ(found.remedy,
              "aws dynamodb update-table --region eu-central-1 --table-name grants "
              "--billing-mode PAY_PER_REQUEST");
  }
}

TEST_F(DynamodbTableTest, OtherKeysHaveNoRemedy) {
  Description other;
  other.keys =
      R"([{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"t","KeyType":"RANGE"}])";
  other.definitions =
      R"([{"AttributeName":"t","AttributeType":"N"},{"AttributeName":"id","AttributeType":"S"}])";
  describe(other, time_to_live("ENABLED"), recovery("ENABLED"));
  TableDifference found = difference();
  EXPECT_EQ(found.what, "key schema");
  EXPECT_EQ(found.found, "id (HASH, S), t (RANGE, N)");
  EXPECT_EQ(found.wanted, "sessionId (HASH, S)");
  EXPECT_NE(found.remedy.find("Nothing changes the keys of a table"), std::string::npos);

  Description binary;
  binary.definitions = R"([{"AttributeName":"sessionId","AttributeType":"B"}])";
  describe(binary, time_to_live("ENABLED"), recovery("ENABLED"));
  found = difference();
  EXPECT_EQ(found.found, "sessionId (HASH, B)");
}

TEST_F(DynamodbTableTest, TimeToLiveMustBeOnTheRightAttribute) {
  describe(Description(), time_to_live("DISABLED", ""), recovery("ENABLED"));
  TableDifference found = difference();
  EXPECT_EQ(found.what, "time to live");
  EXPECT_EQ(found.found, "off");
  EXPECT_EQ(found.remedy,
            "aws dynamodb update-time-to-live --region eu-central-1 --table-name grants "
            "--time-to-live-specification Enabled=true,AttributeName=ttl");

  describe(Description(), time_to_live("ENABLED", "expires"), recovery("ENABLED"));
  found = difference();
  EXPECT_EQ(found.found, "on the attribute expires");
  EXPECT_NE(found.remedy.find("Enabled=false,AttributeName=expires"), std::string::npos);
  EXPECT_NE(found.remedy.find("Enabled=true,AttributeName=ttl"), std::string::npos);

  describe(Description(), time_to_live("DISABLING"), recovery("ENABLED"));
  EXPECT_EQ(difference().found, "being switched off");
}

// A name that somebody chose with care must not become part of a command line.
TEST_F(DynamodbTableTest, RemediesCanBePastedIntoAShell) {
  describe(Description(), time_to_live("ENABLED", "x; rm -rf ~"), recovery("ENABLED"));
  EXPECT_EQ(difference().remedy.find("rm -rf"), std::string::npos);
}

TEST_F(DynamodbTableTest, RecoveryMustBeOn) {
  for (const std::string& backups : {recovery("DISABLED"), std::string("{}")}) {
    describe(Description(), time_to_live("ENABLED"), backups);
    const TableDifference found = difference();
    EXPECT_EQ(found.what, "point-in-time recovery");
    EXPECT_EQ(found.remedy,
              "aws dynamodb update-continuous-backups --region eu-central-1 --table-name grants "
              "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true");
  }
}

TEST_F(DynamodbTableTest, ProtectionMustBeOn) {
  Description loose;
  loose.protection = "false";
  describe(loose, time_to_live("ENABLED"), recovery("ENABLED"));
  const TableDifference found = difference();
  EXPECT_EQ(found.what, "deletion protection");
  EXPECT_EQ(found.remedy,
            "aws dynamodb update-table --region eu-central-1 --table-name grants "
            "--deletion-protection-enabled");
}

TEST_F(DynamodbTableTest, ATableMustServe) {
  Description table;
  table.status = "UPDATING";
  describe(table, time_to_live("ENABLED"), recovery("ENABLED"));
  EXPECT_TRUE(examine()->differences.empty());
  table.status = "DELETING";
  describe(table, time_to_live("ENABLED"), recovery("ENABLED"));
  EXPECT_EQ(difference().what, "status");
}

// ST-05
TEST_F(DynamodbTableTest, GarbledDescriptionsAreFailures) {
  for (const char* const text : {"{}", R"({"Table":[]})", R"({"Table":"x"})"}) {
    dynamodb_.answer("DescribeTable", text);
    EXPECT_TRUE(failed_with(examine(), base::Errc::unavailable)) << text;
  }
  // What does not say that it is on counts as off.
  describe(Description(), "{}", R"({"ContinuousBackupsDescription":[]})");
  const auto report = examine();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->differences.size(), 2u);
}

class LiveDynamodbTable : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = reason_to_skip_live_dynamodb();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  base::Result<TableReport> init(const std::string& name) {
    LiveDynamodb dynamodb(loop_);
    DynamodbTable table(dynamodb.client(), name);
    return run(loop_, table.init());
  }

  boost::asio::io_context loop_{1};
};

TEST_F(LiveDynamodbTable, ComesIntoBeingAsItShouldBe) {
  const std::string name = LiveDynamodb::fresh_table();
  const auto made = init(name);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->created);
  for (const auto& one : made->differences) ADD_FAILURE() << one.what << ": " << one.found;
  EXPECT_NE(made->arn.find(name), std::string::npos);
  const auto again = init(name);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_FALSE(again->created);
  EXPECT_TRUE(again->differences.empty());
}

TEST_F(LiveDynamodbTable, OfManyThatCreateOneDoes) {
  const std::string name = LiveDynamodb::fresh_table();
  LiveDynamodb dynamodb(loop_);
  std::vector<std::unique_ptr<DynamodbTable>> tables;
  std::vector<base::Task<TableReport>> inits;
  for (int i = 0; i < 4; ++i) {
    tables.push_back(std::make_unique<DynamodbTable>(dynamodb.client(), name));
    inits.push_back(tables.back()->init());
  }
  int created = 0;
  for (const auto& report : run_all(loop_, std::move(inits))) {
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(report->differences.empty());
    created += report->created ? 1 : 0;
  }
  EXPECT_EQ(created, 1);
}

}  // namespace
}  // namespace gatehouse::store
