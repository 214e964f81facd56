// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"

namespace gatehouse::store {

// Numbers and strings, as in DynamoDB. Binary values are base64.
using Attribute = std::variant<std::int64_t, std::string>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

// One small row. `key` is the attribute `sessionId`, PREFIX#id; the names of the attributes are
// those of docs/storage.md.
struct Record {
  Record() {}
  std::string key;
  std::int64_t ttl = 0;          // epoch seconds; from this second on the record is absent
  std::int64_t version = 1;      // format
  std::uint64_t generation = 1;  // `gen`: counts writes
  std::string
      write_id;  // `wid`: random, set by the writer; tells one's own write after a lost answer
  Attributes attributes;  // everything else

  friend bool operator==(const Record&, const Record&) = default;

  std::string_view text(std::string_view name) const;  // empty when absent or a number
  std::int64_t number(std::string_view name) const;    // 0 when absent or a string
  bool has(std::string_view name) const;
};

using RecordPtr = std::shared_ptr<const Record>;

// Keeps small records under a key. Every implementation passes record_store_conformance.h. Every
// read is consistent, every write is conditional, expiry is judged by the clock in both, whatever
// the database still holds. Errors: Errc::unavailable when the database fails (nothing was
// acknowledged), Errc::internal when it will go on failing until somebody acts (a missing table, a
// missing right, a damaged row), Errc::invalid_argument for a record over 300 KB, a key over 256
// bytes, or a ttl that is no plausible epoch second (milliseconds are refused).
class RecordStore {
 public:
  virtual ~RecordStore() = default;

  // Errc::not_found when absent or expired.
  virtual base::Task<RecordPtr> get(std::string_view key) = 0;

  // One consistent read of up to 16 keys; a null pointer for each that is absent or expired.
  virtual base::Task<std::vector<RecordPtr>> get_each(const std::vector<std::string>& keys) = 0;

  // Errc::conflict when a record that has not expired is there.
  virtual base::Task<void> create(Record record) = 0;

  // Writes only over a record that is there, has not expired and has the generation
  // record.generation - 1; else Errc::conflict. Never creates.
  virtual base::Task<void> replace(Record record) = 0;

  // Removes the record if it has this generation; Errc::conflict otherwise. Absent and expired
  // records are Errc::not_found.
  virtual base::Task<void> remove(std::string_view key, std::uint64_t generation) = 0;
};

// For stores that do not delete expired rows by themselves.
class Sweepable {
 public:
  virtual ~Sweepable() = default;
  // Deletes at most `rows_max` expired rows; returns how many.
  virtual base::Task<std::size_t> remove_expired(std::size_t rows_max) = 0;
};

struct RecordPage {
  RecordPage() {}
  std::vector<RecordPtr> records;
  std::string next;  // where the following page begins; empty after the last one
};

// For maintenance on all rows: `sessions list`, `keys rotate`. Not needed to serve.
class Enumerable {
 public:
  virtual ~Enumerable() = default;

  // Live records whose key starts with `prefix`, in an order of the store's own, each at least once
  // as long as it is not written meanwhile. `from` is empty or the `next` of an earlier page. A
  // page may hold fewer than `rows_max` records, even none, and still have a following one.
  virtual base::Task<RecordPage> list(std::string_view prefix, const std::string& from,
                                      std::size_t rows_max) = 0;

  // Writes over a record without counting it as a change: generation and write id stay, and the
  // write happens only while the stored record still has both; else Errc::conflict. For attributes
  // that no seal binds (a data key wrapped anew).
  virtual base::Task<void> amend(Record record) = 0;
};

}  // namespace gatehouse::store
