// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/record_store.h"

// What every record store must do. To try an implementation, give a harness and one line:
//   struct MyHarness {
//     MyHarness(boost::asio::io_context& loop, const base::Clock& clock);
//     RecordStore& store();        // empty at first
//     Sweepable* sweepable();      // null when the database deletes expired rows by itself
//     Enumerable* enumerable();    // null when it cannot list
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(MyStore, RecordStoreConformance, MyHarness);
namespace gatehouse::store {

// Runs the loop until the coroutine has ended, and gives its result.
template <class T>
T run(boost::asio::io_context& loop, base::Coroutine<T> coroutine) {
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(coroutine), [&result](std::exception_ptr thrown, T value) {
    if (thrown) std::rethrow_exception(thrown);
    result.emplace(std::move(value));
  });
  loop.restart();
  loop.run();
  if (!result) throw std::logic_error("the coroutine never ended");
  return std::move(*result);
}

// Runs the coroutines side by side; results in their order.
template <class T>
std::vector<T> run_all(boost::asio::io_context& loop, std::vector<base::Coroutine<T>> coroutines) {
  std::vector<std::optional<T>> results(coroutines.size());
  for (std::size_t i = 0; i < coroutines.size(); ++i) {
    boost::asio::co_spawn(loop, std::move(coroutines[i]),
                          [&slot = results[i]](std::exception_ptr thrown, T value) {
                            if (thrown) std::rethrow_exception(thrown);
                            slot.emplace(std::move(value));
                          });
  }
  loop.restart();
  loop.run();
  std::vector<T> values;
  for (auto& result : results) values.push_back(std::move(result.value()));
  return values;
}

inline Record sample_record(std::string key, std::int64_t ttl) {
  Record record;
  record.key = std::move(key);
  record.ttl = ttl;
  record.write_id = "w1";
  record.attributes["encryptedData"] = "c2VhbGVk";
  record.attributes["encryptedKey"] = "a2V5";
  record.attributes["iv"] = "aXZpdml2aXZpdml2";
  record.attributes["authTag"] = "dGFndGFndGFndGFndGFndA==";
  record.attributes["salt"] = "c2FsdA==";
  record.attributes["commitment"] = "Y29tbWl0";
  record.attributes["sub"] = "0123456789ab";
  record.attributes["epoch"] = 7;
  return record;
}

inline Record successor_of(const Record& record, std::string write_id = "w2") {
  Record next = record;
  ++next.generation;
  next.write_id = std::move(write_id);
  return next;
}

template <class Harness>
class RecordStoreConformance : public testing::Test {
 protected:
  static constexpr std::int64_t kNow = 1'795'000'000;

  RecordStore& store() { return harness_.store(); }
  Record sample(std::string key = "GRANT#a", std::int64_t seconds = 600) const {
    return sample_record(std::move(key), base::epoch_seconds(clock_.now()) + seconds);
  }

  auto get(std::string_view key) { return run(loop_, store().get(key)); }
  auto create(Record record) { return run(loop_, store().create(std::move(record))); }
  auto replace(Record record) { return run(loop_, store().replace(std::move(record))); }
  auto remove(std::string_view key, std::uint64_t generation) {
    return run(loop_, store().remove(key, generation));
  }
  auto get_each(const std::vector<std::string>& keys) { return run(loop_, store().get_each(keys)); }

  // Whether the record is there exactly like this.
  bool holds(const Record& record) {
    const auto found = get(record.key);
    return found && **found == record;
  }
  bool is_absent(std::string_view key) {
    const auto found = get(key);
    return !found && found.error().code == base::Errc::not_found;
  }

  boost::asio::io_context loop_{1};
  base::FixedClock clock_{base::from_epoch_seconds(kNow)};
  Harness harness_{loop_, clock_};
};

template <class T>
testing::AssertionResult failed_with(const base::Result<T>& result, base::Errc code) {
  if (result) return testing::AssertionFailure() << "succeeded";
  if (result.error().code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << base::name_of(result.error().code) << ": " << result.error().detail;
}

TYPED_TEST_SUITE_P(RecordStoreConformance);

TYPED_TEST_P(RecordStoreConformance, KnowsNothingAtFirst) {
  EXPECT_TRUE(this->is_absent("GRANT#a"));
}

TYPED_TEST_P(RecordStoreConformance, GivesBackWhatWasCreated) {
  Record record = this->sample();
  record.version = 1;
  record.attributes["empty"] = "";
  record.attributes["negative"] = -5;
  record.attributes["largest"] = INT64_MAX;
  record.attributes["smallest"] = INT64_MIN;
  record.attributes["text"] = "\xD0\x9F\xD0\xBE \"quoted\" \\ \n '; --";
  record.attributes["with_nul"] = std::string("a\0b", 3);
  ASSERT_TRUE(this->create(record));
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, TakesRecordsWithoutAttributes) {
  Record record = this->sample();
  record.attributes.clear();
  record.write_id.clear();
  ASSERT_TRUE(this->create(record));
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, NumbersUnderTheNamesOfSealedFieldsStayNumbers) {
  Record record = this->sample();
  record.attributes["salt"] = 5;
  ASSERT_TRUE(this->create(record));
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, TakesLargeRecords) {
  Record record = this->sample();
  record.attributes["encryptedData"] = std::string(250 * 1024, 'x');
  ASSERT_TRUE(this->create(record));
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, CreatesOnlyOnce) {
  const Record first = this->sample();
  Record second = first;
  second.write_id = "other";
  ASSERT_TRUE(this->create(first));
  EXPECT_TRUE(failed_with(this->create(second), base::Errc::conflict));
  EXPECT_TRUE(this->holds(first));
}

TYPED_TEST_P(RecordStoreConformance, CreatesOverAnExpiredRecord) {
  ASSERT_TRUE(this->create(successor_of(this->sample("GRANT#a", 10))));
  this->clock_.advance(std::chrono::seconds(10));
  Record next = this->sample();
  next.attributes.erase("sub");
  next.attributes.erase("salt");
  ASSERT_TRUE(this->create(next));
  EXPECT_TRUE(this->holds(next));
}

TYPED_TEST_P(RecordStoreConformance, KeysDifferByEveryByte) {
  const std::vector<std::string> keys = {
      "GRANT#a", "GRANT#A",        "GRANT#a ",        " GRANT#a", "GRANT#a%", "GRANT#a_",
      "GRANT#",  "GRANT#\xC3\xA9", "GRANT#e\xCC\x81", "GRANT#a'", "GRANT#ab"};
  for (const std::string& key : keys) ASSERT_TRUE(this->create(this->sample(key))) << key;
  for (const std::string& key : keys) EXPECT_TRUE(this->holds(this->sample(key))) << key;
}

TYPED_TEST_P(RecordStoreConformance, ReplacesThePreviousGeneration) {
  const Record first = this->sample();
  ASSERT_TRUE(this->create(first));
  Record second = successor_of(first);
  second.ttl += 100;
  second.attributes.erase("sub");
  second.attributes.erase("iv");
  second.attributes["added"] = "x";
  ASSERT_TRUE(this->replace(second));
  EXPECT_TRUE(this->holds(second));
}

TYPED_TEST_P(RecordStoreConformance, RefusesToReplaceAnotherGeneration) {
  const Record first = this->sample();
  ASSERT_TRUE(this->create(first));
  Record skipping = successor_of(successor_of(first));
  EXPECT_TRUE(failed_with(this->replace(first), base::Errc::conflict));
  EXPECT_TRUE(failed_with(this->replace(skipping), base::Errc::conflict));
  EXPECT_TRUE(this->holds(first));
}

TYPED_TEST_P(RecordStoreConformance, ReplacingNeverCreates) {
  EXPECT_TRUE(failed_with(this->replace(this->sample()), base::Errc::conflict));
  EXPECT_TRUE(failed_with(this->replace(successor_of(this->sample())), base::Errc::conflict));
  EXPECT_TRUE(this->is_absent("GRANT#a"));
}

TYPED_TEST_P(RecordStoreConformance, ReplacingNeverRevives) {
  const Record first = this->sample("GRANT#a", 10);
  ASSERT_TRUE(this->create(first));
  this->clock_.advance(std::chrono::seconds(10));
  Record second = successor_of(first);
  second.ttl += 1000;
  EXPECT_TRUE(failed_with(this->replace(second), base::Errc::conflict));
  EXPECT_TRUE(this->is_absent("GRANT#a"));
}

TYPED_TEST_P(RecordStoreConformance, RemovedRecordsStayAway) {
  const Record record = this->sample();
  ASSERT_TRUE(this->create(record));
  ASSERT_TRUE(this->remove(record.key, record.generation));
  EXPECT_TRUE(this->is_absent(record.key));
  EXPECT_TRUE(failed_with(this->replace(successor_of(record)), base::Errc::conflict));
  EXPECT_TRUE(failed_with(this->remove(record.key, record.generation), base::Errc::not_found));
  EXPECT_TRUE(this->create(record));
}

TYPED_TEST_P(RecordStoreConformance, RemovesOnlyTheGenerationThatWasMeant) {
  const Record record = successor_of(this->sample());
  ASSERT_TRUE(this->create(record));
  EXPECT_TRUE(failed_with(this->remove(record.key, 1), base::Errc::conflict));
  EXPECT_TRUE(failed_with(this->remove(record.key, 3), base::Errc::conflict));
  EXPECT_TRUE(this->holds(record));
  EXPECT_TRUE(this->remove(record.key, 2));
}

TYPED_TEST_P(RecordStoreConformance, RemovingWhatIsAbsentOrExpiredIsNotFound) {
  EXPECT_TRUE(failed_with(this->remove("GRANT#a", 1), base::Errc::not_found));
  ASSERT_TRUE(this->create(this->sample("GRANT#a", 10)));
  this->clock_.advance(std::chrono::seconds(10));
  EXPECT_TRUE(failed_with(this->remove("GRANT#a", 1), base::Errc::not_found));
}

// TTL
TYPED_TEST_P(RecordStoreConformance, ExpiresAtTheVerySecond) {
  const Record record = this->sample("GRANT#a", 10);
  ASSERT_TRUE(this->create(record));
  this->clock_.advance(std::chrono::seconds(9));
  EXPECT_TRUE(this->holds(record));
  this->clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(this->is_absent(record.key));
  const auto each = this->get_each({record.key});
  ASSERT_TRUE(each);
  EXPECT_EQ(each->at(0), nullptr);
}

TYPED_TEST_P(RecordStoreConformance, ReadsSeveralAtOnce) {
  const Record a = this->sample("GRANT#a");
  const Record b = this->sample("USER#b");
  ASSERT_TRUE(this->create(a));
  ASSERT_TRUE(this->create(b));
  ASSERT_TRUE(this->create(this->sample("GRANT#old", 1)));
  this->clock_.advance(std::chrono::seconds(1));
  const auto found = this->get_each({"USER#b", "none", "GRANT#a", "GRANT#old", "USER#b"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 5u);
  EXPECT_EQ(*found->at(0), b);
  EXPECT_EQ(found->at(1), nullptr);
  EXPECT_EQ(*found->at(2), a);
  EXPECT_EQ(found->at(3), nullptr);
  EXPECT_EQ(*found->at(4), b);
}

TYPED_TEST_P(RecordStoreConformance, ReadsAtMostSixteenAtOnce) {
  const auto none = this->get_each({});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  const auto sixteen = this->get_each(std::vector<std::string>(16, "k"));
  ASSERT_TRUE(sixteen);
  EXPECT_EQ(sixteen->size(), 16u);
  EXPECT_TRUE(
      failed_with(this->get_each(std::vector<std::string>(17, "k")), base::Errc::invalid_argument));
}

TYPED_TEST_P(RecordStoreConformance, RefusesMalformedRecords) {
  std::vector<Record> malformed(8, this->sample());
  malformed[0].key.clear();
  malformed[1].key = std::string(257, 'k');
  malformed[2].ttl *= 1000;
  malformed[3].ttl = 0;
  malformed[4].generation = 0;
  malformed[5].attributes["encryptedData"] = std::string(301 * 1024, 'x');
  malformed[6].attributes["text"] = "\xff";
  malformed[7].attributes["gen"] = 5;
  for (const Record& record : malformed) {
    EXPECT_TRUE(failed_with(this->create(record), base::Errc::invalid_argument));
    EXPECT_TRUE(failed_with(this->replace(successor_of(record)), base::Errc::invalid_argument) ||
                record.generation == 0);
  }
  EXPECT_TRUE(this->is_absent("GRANT#a"));
  EXPECT_TRUE(failed_with(this->get(""), base::Errc::invalid_argument));
  EXPECT_TRUE(failed_with(this->get(std::string(257, 'k')), base::Errc::invalid_argument));
}

TYPED_TEST_P(RecordStoreConformance, WhatWasReadDoesNotChange) {
  const Record first = this->sample();
  ASSERT_TRUE(this->create(first));
  const auto read = this->get(first.key);
  ASSERT_TRUE(read);
  ASSERT_TRUE(this->replace(successor_of(first)));
  ASSERT_TRUE(this->remove(first.key, 2));
  EXPECT_EQ(**read, first);
}

TYPED_TEST_P(RecordStoreConformance, OneOfManyCreatorsWins) {
  std::vector<base::Task<void>> attempts;
  for (int i = 0; i < 20; ++i) {
    Record record = this->sample();
    record.write_id = "w" + std::to_string(i);
    attempts.push_back(this->store().create(std::move(record)));
  }
  int won = -1;
  int winners = 0;
  const auto results = run_all(this->loop_, std::move(attempts));
  for (int i = 0; i < 20; ++i) {
    if (results[i]) {
      won = i;
      ++winners;
    } else {
      EXPECT_TRUE(failed_with(results[i], base::Errc::conflict));
    }
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ((*this->get("GRANT#a"))->write_id, "w" + std::to_string(won));
}

TYPED_TEST_P(RecordStoreConformance, OneOfManyReplacersWins) {
  const Record first = this->sample();
  ASSERT_TRUE(this->create(first));
  std::vector<base::Task<void>> attempts;
  for (int i = 0; i < 20; ++i) {
    attempts.push_back(this->store().replace(successor_of(first, "w" + std::to_string(i))));
  }
  for (int i = 0; i < 5; ++i) attempts.push_back(this->store().remove(first.key, 2));
  int replaced = 0;
  int removed = 0;
  const auto results = run_all(this->loop_, std::move(attempts));
  for (std::size_t i = 0; i < results.size(); ++i)
    (i < 20 ? replaced : removed) += results[i] ? 1 : 0;
  EXPECT_EQ(replaced, 1);
  EXPECT_EQ(removed, 1);
  EXPECT_TRUE(this->is_absent(first.key));
}

// Reads, adds one and writes, until it was not disturbed.
inline base::Task<void> count_up(RecordStore& store, std::string key) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto read = co_await store.get(key);
    if (!read) co_return read.error();
    Record next = successor_of(**read);
    next.attributes["count"] = (*read)->number("count") + 1;
    const auto written = co_await store.replace(std::move(next));
    if (written) co_return base::Result<void>();
    if (written.error().code != base::Errc::conflict) co_return written.error();
  }
  co_return base::Error{base::Errc::timeout, "disturbed for ever"};
}

TYPED_TEST_P(RecordStoreConformance, NoUpdateIsLost) {
  ASSERT_TRUE(this->create(this->sample()));
  std::vector<base::Task<void>> counters;
  for (int i = 0; i < 25; ++i) counters.push_back(count_up(this->store(), "GRANT#a"));
  for (const auto& result : run_all(this->loop_, std::move(counters))) EXPECT_TRUE(result);
  const auto counted = this->get("GRANT#a");
  ASSERT_TRUE(counted);
  EXPECT_EQ((*counted)->number("count"), 25);
  EXPECT_EQ((*counted)->generation, 26u);
}

TYPED_TEST_P(RecordStoreConformance, SweepsOnlyExpiredRecordsAndNotTooMany) {
  Sweepable* const sweepable = this->harness_.sweepable();
  if (sweepable == nullptr) GTEST_SKIP() << "the database deletes expired rows by itself";
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(this->create(this->sample("old" + std::to_string(i), 5)));
  ASSERT_TRUE(this->create(this->sample("new", 6)));
  EXPECT_EQ(*run(this->loop_, sweepable->remove_expired(100)), 0u);
  this->clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(*run(this->loop_, sweepable->remove_expired(4)), 4u);
  EXPECT_EQ(*run(this->loop_, sweepable->remove_expired(100)), 6u);
  EXPECT_EQ(*run(this->loop_, sweepable->remove_expired(100)), 0u);
  EXPECT_TRUE(this->get("new"));
}

// Every key of the prefix, page by page.
inline std::set<std::string> list_keys(boost::asio::io_context& loop, Enumerable& enumerable,
                                       std::string_view prefix, std::size_t rows_max) {
  std::set<std::string> keys;
  std::string from;
  for (int page = 0; page < 1000; ++page) {
    const auto listed = run(loop, enumerable.list(prefix, from, rows_max));
    EXPECT_TRUE(listed);
    if (!listed) break;
    EXPECT_LE(listed->records.size(), rows_max);
    for (const RecordPtr& record : listed->records) keys.insert(record->key);
    if (listed->next.empty()) return keys;
    from = listed->next;
  }
  ADD_FAILURE() << "the list never ends";
  return keys;
}

TYPED_TEST_P(RecordStoreConformance, ListsEveryLiveRecordOfAPrefix) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  for (const char* key : {"B#2", "B#1", "B#3", "A#1", "C#1", "B", "B$", "B#", "b#1"}) {
    ASSERT_TRUE(this->create(this->sample(key)));
  }
  ASSERT_TRUE(this->create(this->sample("B#0", 1)));
  this->clock_.advance(std::chrono::seconds(1));
  using Keys = std::set<std::string>;
  for (const std::size_t rows_max : {1, 2, 4, 9, 1000, 100'000}) {
    const auto keys = [&](std::string_view prefix) {
      return list_keys(this->loop_, *enumerable, prefix, rows_max);
    };
    EXPECT_EQ(keys("B#"), (Keys{"B#", "B#1", "B#2", "B#3"})) << rows_max;
    EXPECT_EQ(keys("A#1"), Keys{"A#1"}) << rows_max;
    EXPECT_EQ(keys("Z"), Keys{}) << rows_max;
    EXPECT_EQ(keys(""), (Keys{"A#1", "B", "B#", "B#1", "B#2", "B#3", "B$", "C#1", "b#1"}))
        << rows_max;
  }
}

TYPED_TEST_P(RecordStoreConformance, ListedRecordsAreWhole) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = successor_of(this->sample());
  ASSERT_TRUE(this->create(record));
  const auto listed = run(this->loop_, enumerable->list("GRANT#", "", 10));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->records.size(), 1u);
  EXPECT_EQ(*listed->records[0], record);
}

TYPED_TEST_P(RecordStoreConformance, ListsWhatStaysWhileOthersComeAndGo) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(this->create(this->sample("STAYS#" + std::to_string(i))));
    ASSERT_TRUE(this->create(this->sample("STAYS#gone" + std::to_string(i))));
  }
  std::set<std::string> seen;
  std::string from;
  for (int page = 0; page < 1000 && (page == 0 || !from.empty()); ++page) {
    const auto listed = run(this->loop_, enumerable->list("STAYS#", from, 3));
    ASSERT_TRUE(listed);
    for (const RecordPtr& record : listed->records) {
      seen.insert(record->key);
      // Also the record that the following page may begin after.
      if (record->key.starts_with("STAYS#gone")) {
        ASSERT_TRUE(this->remove(record->key, 1));
      }
    }
    ASSERT_TRUE(this->create(this->sample("STAYS#late" + std::to_string(page))));
    from = listed->next;
  }
  EXPECT_TRUE(from.empty()) << "the list never ends";
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(seen.contains("STAYS#" + std::to_string(i))) << i;
}

TYPED_TEST_P(RecordStoreConformance, RefusesMalformedListings) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const std::string too_long(257, 'k');
  const std::string start;
  for (const auto& result : {run(this->loop_, enumerable->list("", start, 0)),
                             run(this->loop_, enumerable->list(too_long, start, 1)),
                             run(this->loop_, enumerable->list("", too_long, 1))}) {
    EXPECT_TRUE(failed_with(result, base::Errc::invalid_argument));
  }
}

TYPED_TEST_P(RecordStoreConformance, AmendsInPlace) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = successor_of(this->sample());
  ASSERT_TRUE(this->create(record));
  Record amended = record;
  amended.attributes["encryptedKey"] = "YW5vdGhlcg==";
  amended.attributes["added"] = 5;
  amended.attributes.erase("sub");
  amended.attributes.erase("salt");
  ASSERT_TRUE(run(this->loop_, enumerable->amend(amended)));
  EXPECT_TRUE(this->holds(amended));
  // Nobody who holds the record from before is disturbed.
  EXPECT_TRUE(this->replace(successor_of(record)));
}

TYPED_TEST_P(RecordStoreConformance, AmendsOnlyTheWriteThatWasMeant) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = successor_of(this->sample());
  ASSERT_TRUE(this->create(record));
  Record older = record;
  older.generation = 1;
  const Record newer = successor_of(record, record.write_id);
  Record of_another = record;
  of_another.write_id = "other";
  for (const Record& wrong : {older, newer, of_another}) {
    EXPECT_TRUE(failed_with(run(this->loop_, enumerable->amend(wrong)), base::Errc::conflict));
  }
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, AmendingNeverCreatesNorRevives) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = this->sample("GRANT#a", 10);
  EXPECT_TRUE(failed_with(run(this->loop_, enumerable->amend(record)), base::Errc::conflict));
  EXPECT_TRUE(this->is_absent(record.key));
  ASSERT_TRUE(this->create(record));
  this->clock_.advance(std::chrono::seconds(10));
  Record longer = record;
  longer.ttl += 1000;
  EXPECT_TRUE(failed_with(run(this->loop_, enumerable->amend(longer)), base::Errc::conflict));
  EXPECT_TRUE(this->is_absent(record.key));
  const Record removed = this->sample("GRANT#b");
  ASSERT_TRUE(this->create(removed));
  ASSERT_TRUE(this->remove(removed.key, 1));
  EXPECT_TRUE(failed_with(run(this->loop_, enumerable->amend(removed)), base::Errc::conflict));
  EXPECT_TRUE(this->is_absent(removed.key));
}

TYPED_TEST_P(RecordStoreConformance, RefusesMalformedAmendments) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = this->sample();
  ASSERT_TRUE(this->create(record));
  Record large = record;
  large.attributes["encryptedData"] = std::string(301 * 1024, 'x');
  EXPECT_TRUE(
      failed_with(run(this->loop_, enumerable->amend(large)), base::Errc::invalid_argument));
  EXPECT_TRUE(this->holds(record));
}

TYPED_TEST_P(RecordStoreConformance, AReplacementWinsOverLaterAmendments) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = this->sample();
  ASSERT_TRUE(this->create(record));
  const Record replacement = successor_of(record);
  ASSERT_TRUE(this->replace(replacement));
  Record amended = record;
  amended.attributes["encryptedKey"] = "YW5vdGhlcg==";
  EXPECT_TRUE(failed_with(run(this->loop_, enumerable->amend(amended)), base::Errc::conflict));
  EXPECT_TRUE(this->holds(replacement));
}

// However an amendment and a replacement interleave, the replacement stands.
TYPED_TEST_P(RecordStoreConformance, AmendmentsNeverHoldUpAReplacement) {
  Enumerable* const enumerable = this->harness_.enumerable();
  if (enumerable == nullptr) GTEST_SKIP() << "the store does not list";
  const Record record = this->sample();
  ASSERT_TRUE(this->create(record));
  Record amended = record;
  amended.attributes["encryptedKey"] = "YW5vdGhlcg==";
  const Record replacement = successor_of(record);
  std::vector<base::Task<void>> writes;
  for (int i = 0; i < 5; ++i) writes.push_back(enumerable->amend(amended));
  writes.push_back(this->store().replace(replacement));
  for (int i = 0; i < 5; ++i) writes.push_back(enumerable->amend(amended));
  const auto results = run_all(this->loop_, std::move(writes));
  EXPECT_TRUE(results[5]);
  EXPECT_TRUE(this->holds(replacement));
}

REGISTER_TYPED_TEST_SUITE_P(
    RecordStoreConformance, KnowsNothingAtFirst, GivesBackWhatWasCreated,
    TakesRecordsWithoutAttributes, NumbersUnderTheNamesOfSealedFieldsStayNumbers, TakesLargeRecords,
    CreatesOnlyOnce, CreatesOverAnExpiredRecord, KeysDifferByEveryByte,
    ReplacesThePreviousGeneration, RefusesToReplaceAnotherGeneration, ReplacingNeverCreates,
    ReplacingNeverRevives, RemovedRecordsStayAway, RemovesOnlyTheGenerationThatWasMeant,
    RemovingWhatIsAbsentOrExpiredIsNotFound, ExpiresAtTheVerySecond, ReadsSeveralAtOnce,
    ReadsAtMostSixteenAtOnce, RefusesMalformedRecords, WhatWasReadDoesNotChange,
    OneOfManyCreatorsWins, OneOfManyReplacersWins, NoUpdateIsLost,
    SweepsOnlyExpiredRecordsAndNotTooMany, ListsEveryLiveRecordOfAPrefix, ListedRecordsAreWhole,
    ListsWhatStaysWhileOthersComeAndGo, RefusesMalformedListings, AmendsInPlace,
    AmendsOnlyTheWriteThatWasMeant, AmendingNeverCreatesNorRevives, RefusesMalformedAmendments,
    AReplacementWinsOverLaterAmendments, AmendmentsNeverHoldUpAReplacement);

}  // namespace gatehouse::store
