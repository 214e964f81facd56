// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

// One SQLite file, WAL, durable writes in groups by a thread of its own; reads on the calling
// thread (one thread only).
class SqliteRecordStore final : public RecordStore, public Sweepable, public Enumerable {
 public:
  enum class Opening { existing, created };

  // Opens the file, creating it (0600) when absent. Errc::invalid_argument: path unusable or not
  // our database, with the remedy in the detail; Errc::unavailable: locked or broken.
  static base::Result<std::unique_ptr<SqliteRecordStore>> open(const std::string& path,
                                                               const base::Clock& clock);
  ~SqliteRecordStore() override;

  base::Task<RecordPtr> get(std::string_view key) override;
  base::Task<std::vector<RecordPtr>> get_each(const std::vector<std::string>& keys) override;
  base::Task<void> create(Record record) override;
  base::Task<void> replace(Record record) override;
  base::Task<void> remove(std::string_view key, std::uint64_t generation) override;
  base::Task<std::size_t> remove_expired(std::size_t rows_max) override;
  base::Task<RecordPage> list(std::string_view prefix, const std::string& from,
                              std::size_t rows_max) override;
  base::Task<void> amend(Record record) override;

  Opening opening() const;

  // Operations that the database failed; conditions that did not hold are none.
  std::uint64_t failures() const;

 private:
  class Impl;
  explicit SqliteRecordStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::store
