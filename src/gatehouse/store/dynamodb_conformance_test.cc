// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <thread>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/store/dynamodb_live.h"
#include "gatehouse/store/dynamodb_record_store.h"
#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

// A table for one test, made by the call alone: some stand-ins for DynamoDB know no more.
class ScratchTable {
 public:
  ScratchTable(boost::asio::io_context& loop, const base::Clock& clock)
      : loop_(loop), dynamodb_(loop), records_(dynamodb_.client(), name_, clock) {
    call("CreateTable",
         R"({"TableName":")" + name_ +
             R"(","AttributeDefinitions":[{"AttributeName":"sessionId","AttributeType":"S"}],)"
             R"("KeySchema":[{"AttributeName":"sessionId","KeyType":"HASH"}],)"
             R"("BillingMode":"PAY_PER_REQUEST"})");
    wait_until_active();
  }
  ~ScratchTable() { call("DeleteTable", R"({"TableName":")" + name_ + R"("})"); }
  ScratchTable(const ScratchTable&) = delete;
  ScratchTable& operator=(const ScratchTable&) = delete;

  DynamodbRecordStore& records() { return records_; }

 private:
  std::string call(std::string_view operation, const std::string& request) {
    const base::Secret body = base::Secret::copy_of(request);
    const auto answer = http::await_for_test(loop_, dynamodb_.client().call(operation, body));
    EXPECT_TRUE(answer) << operation << ": " << (answer ? "" : answer.error().message);
    return answer ? answer->root().to_text() : "";
  }

  void wait_until_active() {
    for (int i = 0; i < 500; ++i) {
      const std::string table = call("DescribeTable", R"({"TableName":")" + name_ + R"("})");
      if (table.find("\"ACTIVE\"") != std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the table never serves";
  }

  boost::asio::io_context& loop_;
  const std::string name_ = LiveDynamodb::fresh_table();
  LiveDynamodb dynamodb_;
  DynamodbRecordStore records_;
};

struct DynamodbHarness {
  DynamodbHarness(boost::asio::io_context& loop, const base::Clock& clock) {
    if (reason_to_skip().empty()) table.emplace(loop, clock);
  }
  RecordStore& store() { return table->records(); }
  Sweepable* sweepable() { return nullptr; }
  Enumerable* enumerable() { return &table->records(); }
  static std::string reason_to_skip() { return reason_to_skip_live_dynamodb(); }

  std::optional<ScratchTable> table;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Dynamodb, RecordStoreConformance, DynamodbHarness);

}  // namespace
}  // namespace gatehouse::store
