// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/dynamodb_record_store.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "gatehouse/aws/backoff.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/random.h"
#include "gatehouse/store/dynamodb_item.h"
#include "gatehouse/store/record_rules.h"

namespace gatehouse::store {
namespace {

using base::Errc;
using base::Error;
using base::JsonDocument;
using base::JsonValue;
using base::JsonWriter;
using base::Result;
using base::Task;

// How often a batch is asked for the keys that DynamoDB kept back; less than a second in all.
constexpr int kBatchAttemptsMax = 6;
constexpr aws::Backoff kBatchBackoff{std::chrono::milliseconds(25), std::chrono::milliseconds(400)};

constexpr std::string_view kGetItem = "GetItem";
constexpr std::string_view kBatchGetItem = "BatchGetItem";
constexpr std::string_view kPutItem = "PutItem";
constexpr std::string_view kDeleteItem = "DeleteItem";
constexpr std::string_view kScan = "Scan";

Error garbled(std::string_view operation) {
  return {Errc::unavailable,
          "dynamodb " + std::string(operation) + ": the answer is not what was asked for"};
}

// What a table that fails looks like from above: a failed condition, an unknown outcome, or a
// database that does not serve, whatever the reason. A missing table must never look like a missing
// record.
Error to_store_error(std::string_view operation, const aws::AwsError& error,
                     const std::string& table, const aws::Endpoint& endpoint) {
  if (error.type == "ConditionalCheckFailedException")
    return {Errc::conflict, "a condition failed"};
  Error failure = aws::to_error(std::string("dynamodb ").append(operation), error);
  if (error.code == Errc::timeout) return failure;
  // What DynamoDB will say again until somebody acts, and what may pass.
  const bool lasting = error.code == Errc::not_found || error.code == Errc::denied ||
                       error.code == Errc::invalid_argument;
  failure.code = lasting ? Errc::internal : Errc::unavailable;
  if (error.code == Errc::not_found) {
    failure.detail += ". Is there a table " + table + " in " + endpoint.region +
                      "? `gatehouse store init` makes it";
  }
  return failure;
}

// What must be true of the stored item for a write to happen.
struct Condition {
  Condition(const char* wanted, std::int64_t time) : expression(wanted), now(time) {}
  const char* expression;
  std::int64_t now;                         // :now
  std::optional<std::uint64_t> generation;  // :gen
  std::optional<std::string> write_id;      // :wid
};

void append_condition(JsonWriter& json, const Condition& condition) {
  json.member("ConditionExpression", condition.expression);
  // `ttl` is a reserved word.
  json.key("ExpressionAttributeNames").begin_object().member("#ttl", "ttl").end_object();
  json.key("ExpressionAttributeValues").begin_object().key(":now");
  append_dynamodb_number(json, condition.now);
  if (condition.generation) {
    json.key(":gen");
    append_dynamodb_number(json, static_cast<std::int64_t>(*condition.generation));
  }
  if (condition.write_id) {
    json.key(":wid");
    append_dynamodb_text(json, *condition.write_id);
  }
  json.end_object();
}

std::string get_request(const std::string& table, std::string_view key) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).member("ConsistentRead", true).key("Key");
  append_dynamodb_key(json, key);
  json.end_object();
  return text;
}

std::string batch_request(const std::string& table, const std::set<std::string>& keys) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("RequestItems").begin_object().key(table).begin_object();
  json.member("ConsistentRead", true).key("Keys").begin_array();
  for (const std::string& key : keys) append_dynamodb_key(json, key);
  json.end_array().end_object().end_object().end_object();
  return text;
}

std::string put_request(const std::string& table, const Record& record,
                        const Condition& condition) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).key("Item");
  append_dynamodb_item(json, record);
  append_condition(json, condition);
  json.end_object();
  return text;
}

std::string delete_request(const std::string& table, std::string_view key,
                           const Condition& condition) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).key("Key");
  append_dynamodb_key(json, key);
  append_condition(json, condition);
  json.end_object();
  return text;
}

struct Listing {
  std::string_view prefix;
  std::string_view from;
  std::size_t rows_max;
};

std::string scan_request(const std::string& table, const Listing& listing, std::int64_t now) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("TableName", table).member("ConsistentRead", true);
  json.member("Limit", listing.rows_max);
  json.member("FilterExpression", listing.prefix.empty()
                                      ? "#ttl > :now"
                                      : "#ttl > :now AND begins_with(sessionId, :prefix)");
  json.key("ExpressionAttributeNames").begin_object().member("#ttl", "ttl").end_object();
  json.key("ExpressionAttributeValues").begin_object().key(":now");
  append_dynamodb_number(json, now);
  if (!listing.prefix.empty()) {
    json.key(":prefix");
    append_dynamodb_text(json, listing.prefix);
  }
  json.end_object();
  if (!listing.from.empty()) {
    json.key("ExclusiveStartKey");
    append_dynamodb_key(json, listing.from);
  }
  json.end_object();
  return text;
}

// What one BatchGetItem brought, and what it kept back.
struct Batch {
  Batch() {}
  std::map<std::string, RecordPtr, std::less<>> records;  // expired ones too
  std::set<std::string> unprocessed;
};

// Only what was asked for: a record under another key must not pass for an answer.
Result<Batch> read_batch(const JsonValue& answer, const std::string& table,
                         const std::set<std::string>& asked) {
  Batch batch;
  const auto responses = answer.find("Responses");
  if (!responses || !responses->is_object()) return garbled(kBatchGetItem);
  const auto items = responses->find(table);
  if (items && !items->is_array()) return garbled(kBatchGetItem);
  for (const JsonValue& item : items ? items->elements() : std::vector<JsonValue>()) {
    auto record = read_dynamodb_item(item);
    if (!record) return record.error();
    const std::string& key = (*record)->key;
    if (!asked.contains(key)) return garbled(kBatchGetItem);
    batch.records.insert_or_assign(key, *record);
  }
  const auto rest = answer.find("UnprocessedKeys");
  const auto of_table = rest ? rest->find(table) : std::nullopt;
  if (!of_table) return batch;
  const auto keys = of_table->find("Keys");
  if (!keys || !keys->is_array()) return garbled(kBatchGetItem);
  for (const JsonValue& entry : keys->elements()) {
    const auto key = read_dynamodb_key(entry);
    if (!key || !asked.contains(std::string(*key))) return garbled(kBatchGetItem);
    batch.unprocessed.emplace(*key);
  }
  return batch;
}

Result<RecordPage> read_page(const JsonValue& answer, const Listing& listing, std::int64_t now) {
  const auto items = answer.find("Items");
  if (!items || !items->is_array()) return garbled(kScan);
  RecordPage page;
  for (const JsonValue& item : items->elements()) {
    auto record = read_dynamodb_item(item);
    if (!record) return record.error();
    if (!(*record)->key.starts_with(listing.prefix)) return garbled(kScan);
    if ((*record)->ttl > now) page.records.push_back(std::move(*record));
  }
  if (page.records.size() > listing.rows_max) return garbled(kScan);
  const auto last = answer.find("LastEvaluatedKey");
  if (!last || last->is_null()) return page;
  const auto key = read_dynamodb_key(*last);
  // A list that does not move would never come to an end.
  if (!key || key->empty() || *key == listing.from) return garbled(kScan);
  page.next = *key;
  return page;
}

}  // namespace

class DynamodbRecordStore::Impl {
 public:
  Impl(aws::JsonClient& client, std::string table, const base::Clock& clock)
      : client_(client), table_(std::move(table)), clock_(clock) {}

  // Null when absent or expired.
  Task<RecordPtr> find(std::string_view key) {
    std::string request = get_request(table_, key);
    auto answer = co_await call(kGetItem, std::move(request));
    if (!answer) co_return answer.error();
    if (!answer->root().is_object()) co_return garbled(kGetItem);
    const auto item = answer->root().find("Item");
    if (!item) co_return RecordPtr();
    auto record = read_dynamodb_item(*item);
    if (!record) co_return record.error();
    if ((*record)->key != key) co_return garbled(kGetItem);
    co_return live(*record);
  }

  Task<std::vector<RecordPtr>> find_each(const std::vector<std::string>& keys) {
    std::set<std::string> wanted(keys.begin(), keys.end());
    std::map<std::string, RecordPtr, std::less<>> found;
    if (wanted.size() == 1) {
      auto record = co_await find(keys.front());
      if (!record) co_return record.error();
      found.emplace(keys.front(), *record);
    } else if (!wanted.empty()) {
      auto batch = co_await find_batch(std::move(wanted));
      if (!batch) co_return batch.error();
      found = std::move(*batch);
    }
    std::vector<RecordPtr> records;
    for (const std::string& key : keys) {
      const auto at = found.find(key);
      records.push_back(at == found.end() ? nullptr : live(at->second));
    }
    co_return records;
  }

  Task<void> put(const Record& record, const Condition& condition) {
    std::string request = put_request(table_, record, condition);
    auto answer = co_await call(kPutItem, std::move(request));
    if (!answer) co_return answer.error();
    co_return Result<void>();
  }

  // A repetition after a lost answer meets the amendment itself: then nothing is left to do.
  Task<void> amend(const Record& record) {
    Condition condition("gen = :gen AND wid = :wid AND #ttl > :now", now());
    condition.generation = record.generation;
    condition.write_id = record.write_id;
    auto written = co_await put(record, condition);
    if (written || written.error().code != Errc::conflict) co_return written;
    auto current = co_await find(record.key);
    if (!current) co_return current.error();
    if (*current != nullptr && **current == record) co_return Result<void>();
    co_return Error{Errc::conflict, "the record has moved on"};
  }

  // A repetition after a lost answer meets what its first attempt left: nothing. That is not_found
  // and not success, because somebody else may have been the one who removed it.
  Task<void> remove(std::string_view key, std::uint64_t generation) {
    Condition condition("gen = :gen AND #ttl > :now", now());
    condition.generation = generation;
    std::string request = delete_request(table_, key, condition);
    auto answer = co_await call(kDeleteItem, std::move(request));
    if (answer) co_return Result<void>();
    if (answer.error().code != Errc::conflict) co_return answer.error();
    auto current = co_await find(key);
    if (!current) co_return current.error();
    if (*current == nullptr) co_return Error{Errc::not_found, "no such record"};
    co_return Error{Errc::conflict, "the record has moved on"};
  }

  Task<RecordPage> list(const Listing& listing) {
    std::string request = scan_request(table_, listing, now());
    auto answer = co_await call(kScan, std::move(request));
    if (!answer) co_return answer.error();
    co_return read_page(answer->root(), listing, now());
  }

  std::int64_t now() const { return base::epoch_seconds(clock_.now()); }

 private:
  using Found = std::map<std::string, RecordPtr, std::less<>>;

  RecordPtr live(const RecordPtr& record) const {
    return record != nullptr && record->ttl > now() ? record : nullptr;
  }

  Task<JsonDocument> call(std::string_view operation, std::string request) {
    const base::Secret body = base::Secret::copy_of(request);
    auto answer = co_await client_.call(operation, body);
    if (!answer) co_return to_store_error(operation, answer.error(), table_, client_.endpoint());
    co_return std::move(*answer);
  }

  // DynamoDB answers a batch in part when it is busy or the answer would become too large.
  Task<Found> find_batch(std::set<std::string> wanted) {
    Found found;
    for (int attempt = 0; attempt < kBatchAttemptsMax; ++attempt) {
      if (attempt > 0) {
        const auto delay = aws::delay_after(attempt, kBatchBackoff, random_);
        co_await pause_(delay);
      }
      std::string request = batch_request(table_, wanted);
      auto answer = co_await call(kBatchGetItem, std::move(request));
      if (!answer) co_return answer.error();
      auto batch = read_batch(answer->root(), table_, wanted);
      if (!batch) co_return batch.error();
      found.merge(batch->records);
      if (batch->unprocessed.empty()) co_return found;
      wanted = std::move(batch->unprocessed);
    }
    co_return Error{Errc::unavailable,
                    "dynamodb BatchGetItem: the table is too busy to answer for every key"};
  }

  aws::JsonClient& client_;
  const std::string table_;
  const base::Clock& clock_;
  base::SystemRandom random_;
  const base::Pause pause_ = base::pause_on_timer();
};

DynamodbRecordStore::DynamodbRecordStore(aws::JsonClient& client, std::string table,
                                         const base::Clock& clock)
    : impl_(std::make_unique<Impl>(client, std::move(table), clock)) {}
DynamodbRecordStore::~DynamodbRecordStore() = default;

Task<RecordPtr> DynamodbRecordStore::get(std::string_view key) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  auto found = co_await impl_->find(key);
  if (!found) co_return found.error();
  if (*found == nullptr) co_return Error{Errc::not_found, "no such record"};
  co_return found;
}

Task<std::vector<RecordPtr>> DynamodbRecordStore::get_each(const std::vector<std::string>& keys) {
  const auto checked = check_keys(keys);
  if (!checked) co_return checked.error();
  auto found = co_await impl_->find_each(keys);
  co_return found;
}

Task<void> DynamodbRecordStore::create(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  const Condition condition("attribute_not_exists(sessionId) OR #ttl <= :now", impl_->now());
  auto written = co_await impl_->put(record, condition);
  if (written || written.error().code != Errc::conflict) co_return written;
  co_return Error{Errc::conflict, "the record exists"};
}

Task<void> DynamodbRecordStore::replace(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  Condition condition("gen = :gen AND #ttl > :now", impl_->now());
  condition.generation = record.generation - 1;
  auto written = co_await impl_->put(record, condition);
  if (written || written.error().code != Errc::conflict) co_return written;
  co_return Error{Errc::conflict, "the record has moved on"};
}

Task<void> DynamodbRecordStore::remove(std::string_view key, std::uint64_t generation) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  auto removed = co_await impl_->remove(key, generation);
  co_return removed;
}

Task<RecordPage> DynamodbRecordStore::list(std::string_view prefix, const std::string& from,
                                           std::size_t rows_max) {
  const auto checked = check_listing(prefix, from, rows_max);
  if (!checked) co_return checked.error();
  const Listing listing{prefix, from, std::min(rows_max, kRowsPerListMax)};
  auto page = co_await impl_->list(listing);
  co_return page;
}

Task<void> DynamodbRecordStore::amend(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  auto amended = co_await impl_->amend(record);
  co_return amended;
}

}  // namespace gatehouse::store
