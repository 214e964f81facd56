// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

// Records in this process only: for tests and for trying things out.
class MemoryRecordStore final : public RecordStore, public Sweepable, public Enumerable {
 public:
  explicit MemoryRecordStore(const base::Clock& clock) : clock_(clock) {}

  base::Task<RecordPtr> get(std::string_view key) override;
  base::Task<std::vector<RecordPtr>> get_each(const std::vector<std::string>& keys) override;
  base::Task<void> create(Record record) override;
  base::Task<void> replace(Record record) override;
  base::Task<void> remove(std::string_view key, std::uint64_t generation) override;
  base::Task<std::size_t> remove_expired(std::size_t rows_max) override;
  base::Task<RecordPage> list(std::string_view prefix, const std::string& from,
                              std::size_t rows_max) override;
  base::Task<void> amend(Record record) override;

 private:
  RecordPtr find_live(std::string_view key) const;  // null when absent or expired
  void put(Record record);

  const base::Clock& clock_;
  std::map<std::string, RecordPtr, std::less<>> records_;
};

}  // namespace gatehouse::store
