// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_table.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/base/pause.h"

namespace gatehouse::store {
namespace {

using aws::AwsError;
using aws::AwsResult;
using base::Errc;
using base::Error;
using base::JsonDocument;
using base::JsonValue;
using base::JsonWriter;
using base::Result;
using base::Task;
using std::chrono::milliseconds;

constexpr milliseconds kPollEvery{1'000};
constexpr int kPollsMax = 120;

std::string named(const std::string& table) {
  std::string text;
  JsonWriter(text).begin_object().member("TableName", table).end_object();
  return text;
}

std::string create_request(const std::string& table) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table);
  json.key("AttributeDefinitions").begin_array().begin_object();
  json.member("AttributeName", "sessionId").member("AttributeType", "S").end_object().end_array();
  json.key("KeySchema").begin_array().begin_object();
  json.member("AttributeName", "sessionId").member("KeyType", "HASH").end_object().end_array();
  json.member("BillingMode", "PAY_PER_REQUEST").member("DeletionProtectionEnabled", true);
  json.end_object();
  return text;
}

std::string ttl_request(const std::string& table) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).key("TimeToLiveSpecification").begin_object();
  json.member("AttributeName", "ttl").member("Enabled", true).end_object().end_object();
  return text;
}

std::string recovery_request(const std::string& table) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).key("PointInTimeRecoverySpecification");
  json.begin_object().member("PointInTimeRecoveryEnabled", true).end_object().end_object();
  return text;
}

Error garbled(const char* operation) {
  return {Errc::unavailable,
          "dynamodb " + std::string(operation) + ": the answer does not describe a table"};
}

// A member of a member; nullopt when either is absent.
std::optional<JsonValue> find_within(const JsonValue& value, std::string_view outer,
                                     std::string_view inner) {
  const auto found = value.find(outer);
  return found ? found->find(inner) : std::nullopt;
}

std::string text_within(const JsonValue& value, std::string_view outer, std::string_view inner) {
  const auto found = find_within(value, outer, inner);
  return found ? std::string(found->as_string().value_or("")) : "";
}

// Whether a name can stand in a command line as it is.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

// Compares what AWS says of a table with what it should be.
class Comparison {
 public:
  Comparison(std::string table, std::string region)
      : table_(std::move(table)), region_(std::move(region)) {}

  void look_at_table(const JsonValue& table) {
    report_.arn = table.find_string("TableArn").value_or("");
    look_at_status(table.find_string("TableStatus").value_or(""));
    look_at_keys(table);
    // Tables that have never been on demand have no summary.
    const std::string billing = text_within(table, "BillingModeSummary", "BillingMode");
    if (billing != "PAY_PER_REQUEST") {
      add("billing mode", billing.empty() ? "PROVISIONED" : billing, "PAY_PER_REQUEST",
          command("update-table") + " --billing-mode PAY_PER_REQUEST");
    }
    if (!table.find_bool("DeletionProtectionEnabled").value_or(false)) {
      add("deletion protection", "off", "on",
          command("update-table") + " --deletion-protection-enabled");
    }
  }

  void look_at_time_to_live(const JsonValue& answer) {
    const std::string status = text_within(answer, "TimeToLiveDescription", "TimeToLiveStatus");
    const std::string on = text_within(answer, "TimeToLiveDescription", "AttributeName");
    const bool enabled = status == "ENABLED" || status == "ENABLING";
    if (enabled && on == "ttl") return;
    const std::string enable = command("update-time-to-live") +
                               " --time-to-live-specification Enabled=true,AttributeName=ttl";
    const std::string wanted = "on the attribute ttl";
    if (enabled) {
      const std::string attribute = is_plain(on) ? on : "ATTRIBUTE";
      add("time to live", "on the attribute " + attribute, wanted,
          command("update-time-to-live") +
              " --time-to-live-specification Enabled=false,AttributeName=" + attribute +
              "  (AWS takes the next change an hour later:)  " + enable);
    } else if (status == "DISABLING") {
      add("time to live", "being switched off", wanted,
          enable + "  (within an hour, once it is off)");
    } else {
      add("time to live", "off", wanted, enable);
    }
  }

  void look_at_recovery(const JsonValue& answer) {
    const auto description = answer.find("ContinuousBackupsDescription");
    const std::string status = description
                                   ? text_within(*description, "PointInTimeRecoveryDescription",
                                                 "PointInTimeRecoveryStatus")
                                   : "";
    if (status == "ENABLED") return;
    add("point-in-time recovery", "off", "on",
        command("update-continuous-backups") +
            " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true");
  }

  TableReport report() && { return std::move(report_); }

 private:
  void look_at_status(std::string_view status) {
    if (status == "ACTIVE" || status == "UPDATING") return;
    add("status", std::string(status), "ACTIVE",
        "aws dynamodb wait table-exists --table-name " + table_ + " --region " + region_);
  }

  // "sessionId (HASH, S)", and what else there is.
  static std::string keys_of(const JsonValue& table) {
    std::string keys;
    const auto schema = table.find("KeySchema");
    for (const JsonValue& part : schema ? schema->elements() : std::vector<JsonValue>()) {
      const std::string name(part.find_string("AttributeName").value_or("?"));
      if (!keys.empty()) keys += ", ";
      keys += name + " (" + std::string(part.find_string("KeyType").value_or("?")) + ", " +
              type_of(table, name) + ")";
    }
    return keys;
  }

  static std::string type_of(const JsonValue& table, std::string_view attribute) {
    const auto definitions = table.find("AttributeDefinitions");
    for (const JsonValue& one : definitions ? definitions->elements() : std::vector<JsonValue>()) {
      if (one.find_string("AttributeName") == attribute) {
        return std::string(one.find_string("AttributeType").value_or("?"));
      }
    }
    return "?";
  }

  void look_at_keys(const JsonValue& table) {
    const std::string wanted = "sessionId (HASH, S)";
    const std::string found = keys_of(table);
    if (found == wanted) return;
    add("key schema", found, wanted,
        "Nothing changes the keys of a table. Choose a name that no table has "
        "(GATEHOUSE_STORE=dynamodb:NAME) and run `gatehouse store init` again");
  }

  std::string command(const char* operation) const {
    return std::string("aws dynamodb ") + operation + " --region " + region_ + " --table-name " +
           table_;
  }

  void add(std::string what, std::string found, std::string wanted, std::string remedy) {
    TableDifference difference;
    difference.what = std::move(what);
    difference.found = std::move(found);
    difference.wanted = std::move(wanted);
    difference.remedy = std::move(remedy);
    report_.differences.push_back(std::move(difference));
  }

  const std::string table_;
  const std::string region_;
  TableReport report_;
};

// Calls about one table, with patience.
class Calls {
 public:
  // All must outlive this.
  Calls(aws::JsonClient& client, const std::string& name, const base::Pause& pause)
      : client_(client), name_(name), pause_(pause) {}

  aws::AwsTask<JsonDocument> call(std::string_view operation, std::string request) {
    const base::Secret body = base::Secret::copy_of(request);
    auto answer = co_await client_.call(operation, body);
    co_return answer;
  }

  Task<JsonDocument> describe(const char* operation) {
    std::string request = named(name_);
    auto answer = co_await call(operation, std::move(request));
    if (!answer) co_return failure_of(operation, answer.error());
    co_return std::move(*answer);
  }

  // Whether this call made the table; false when somebody else did just now, or an attempt of ours
  // whose answer was lost.
  Task<bool> create() {
    std::string request = create_request(name_);
    auto answer = co_await call("CreateTable", std::move(request));
    if (answer) co_return true;
    if (answer.error().type == "ResourceInUseException") co_return false;
    co_return failure_of("CreateTable", answer.error());
  }

  Task<void> wait_until_active() {
    for (;;) {
      auto described = co_await describe("DescribeTable");
      // Just after its creation a table may not be known everywhere.
      if (!described && described.error().code != Errc::not_found) co_return described.error();
      const std::string status =
          described ? text_within(described->root(), "Table", "TableStatus") : "CREATING";
      if (status != "CREATING") co_return Result<void>();
      if (is_too_late()) {
        co_return Error{Errc::timeout, "table " + name_ +
                                           " is still being created. Run `gatehouse store init` "
                                           "again in a few minutes"};
      }
      co_await pause();
    }
  }

  // What CreateTable cannot say. Also for a table that somebody else made just now: both may do it.
  Task<void> complete() {
    std::string ttl = ttl_request(name_);
    const auto expiring = co_await change("UpdateTimeToLive", std::move(ttl));
    if (!expiring) co_return expiring.error();
    std::string recovery = recovery_request(name_);
    const auto recoverable = co_await change("UpdateContinuousBackups", std::move(recovery));
    if (!recoverable) co_return recoverable.error();
    co_return Result<void>();
  }

  Task<TableReport> compare() {
    const auto table = co_await describe("DescribeTable");
    if (!table) co_return table.error();
    const auto description = table->root().find("Table");
    if (!description || !description->is_object()) co_return garbled("DescribeTable");
    const auto time_to_live = co_await describe("DescribeTimeToLive");
    if (!time_to_live) co_return time_to_live.error();
    const auto backups = co_await describe("DescribeContinuousBackups");
    if (!backups) co_return backups.error();
    Comparison comparison(name_, client_.endpoint().region);
    comparison.look_at_table(*description);
    comparison.look_at_time_to_live(time_to_live->root());
    comparison.look_at_recovery(backups->root());
    co_return std::move(comparison).report();
  }

 private:
  // A table that is new is not ready for every change at once. One that has the change already is a
  // ValidationException; the comparison tells.
  Task<void> change(const char* operation, std::string request) {
    for (;;) {
      std::string copy = request;
      auto changed = co_await call(operation, std::move(copy));
      if (changed || changed.error().type == "ValidationException") co_return Result<void>();
      const std::string& type = changed.error().type;
      const bool may_pass =
          type == "ContinuousBackupsUnavailableException" || type == "ResourceInUseException";
      if (!may_pass || is_too_late()) {
        Error failure = failure_of(operation, changed.error());
        failure.detail = "table " + name_ + " was made and is not complete: " + failure.detail +
                         ". `gatehouse store init` again shows what is left to do";
        co_return failure;
      }
      co_await pause();
    }
  }

  bool is_too_late() const { return polls_ >= kPollsMax; }

  base::Coroutine<void> pause() {
    ++polls_;
    co_await pause_(kPollEvery);
  }

  Error failure_of(std::string_view operation, const AwsError& error) const {
    Error failure = aws::to_error(std::string("dynamodb ").append(operation), error);
    if (error.code == Errc::not_found) {
      failure.detail = "there is no table " + name_ + " in " + client_.endpoint().region +
                       ". `gatehouse store init` makes it";
    }
    return failure;
  }

  aws::JsonClient& client_;
  const std::string& name_;
  const base::Pause& pause_;
  int polls_ = 0;
};

}  // namespace

DynamodbTable::DynamodbTable(aws::JsonClient& client, std::string name, base::Pause pause)
    : client_(client), name_(std::move(name)), pause_(std::move(pause)) {}

Task<TableReport> DynamodbTable::examine() {
  Calls calls(client_, name_, pause_);
  auto report = co_await calls.compare();
  co_return report;
}

Task<TableReport> DynamodbTable::init() {
  Calls calls(client_, name_, pause_);
  const auto there = co_await calls.describe("DescribeTable");
  if (!there && there.error().code != Errc::not_found) co_return there.error();
  bool created = false;
  if (!there) {
    const auto made = co_await calls.create();
    if (!made) co_return made.error();
    created = *made;
  }
  const auto active = co_await calls.wait_until_active();
  if (!active) co_return active.error();
  if (!there) {
    const auto completed = co_await calls.complete();
    if (!completed) co_return completed.error();
  }
  auto report = co_await calls.compare();
  if (report) report->created = created;
  co_return report;
}

}  // namespace gatehouse::store
