// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/memory_record_store.h"

#include <algorithm>
#include <utility>

#include "gatehouse/store/record_rules.h"

namespace gatehouse::store {

using base::Errc;
using base::Error;
using base::Task;

RecordPtr MemoryRecordStore::find_live(std::string_view key) const {
  const auto found = records_.find(key);
  if (found == records_.end()) return nullptr;
  return found->second->ttl > base::epoch_seconds(clock_.now()) ? found->second : nullptr;
}

void MemoryRecordStore::put(Record record) {
  auto stored = std::make_shared<const Record>(std::move(record));
  records_.insert_or_assign(stored->key, stored);
}

Task<RecordPtr> MemoryRecordStore::get(std::string_view key) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  RecordPtr found = find_live(key);
  if (found == nullptr) co_return Error{Errc::not_found, "no such record"};
  co_return found;
}

Task<std::vector<RecordPtr>> MemoryRecordStore::get_each(const std::vector<std::string>& keys) {
  const auto checked = check_keys(keys);
  if (!checked) co_return checked.error();
  std::vector<RecordPtr> records;
  records.reserve(keys.size());
  for (const std::string& key : keys) records.push_back(find_live(key));
  co_return records;
}

Task<void> MemoryRecordStore::create(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  if (find_live(record.key) != nullptr) co_return Error{Errc::conflict, "the record exists"};
  put(std::move(record));
  co_return base::Result<void>();
}

Task<void> MemoryRecordStore::replace(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  const RecordPtr current = find_live(record.key);
  if (current == nullptr || current->generation + 1 != record.generation) {
    co_return Error{Errc::conflict, "the record has moved on"};
  }
  put(std::move(record));
  co_return base::Result<void>();
}

Task<void> MemoryRecordStore::remove(std::string_view key, std::uint64_t generation) {
  const auto checked = check_key(key);
  if (!checked) co_return checked.error();
  const RecordPtr current = find_live(key);
  if (current == nullptr) co_return Error{Errc::not_found, "no such record"};
  if (current->generation != generation) co_return Error{Errc::conflict, "the record has moved on"};
  records_.erase(current->key);
  co_return base::Result<void>();
}

Task<std::size_t> MemoryRecordStore::remove_expired(std::size_t rows_max) {
  const std::int64_t now = base::epoch_seconds(clock_.now());
  std::size_t removed = 0;
  for (auto at = records_.begin(); at != records_.end() && removed < rows_max;) {
    if (at->second->ttl > now) {
      ++at;
      continue;
    }
    at = records_.erase(at);
    ++removed;
  }
  co_return removed;
}

Task<RecordPage> MemoryRecordStore::list(std::string_view prefix, const std::string& from,
                                         std::size_t rows_max) {
  const auto checked = check_listing(prefix, from, rows_max);
  if (!checked) co_return checked.error();
  const std::int64_t now = base::epoch_seconds(clock_.now());
  const std::size_t limit = std::min(rows_max, kRowsPerListMax);
  RecordPage page;
  auto at = from < prefix ? records_.lower_bound(prefix) : records_.upper_bound(from);
  for (; at != records_.end() && at->first.starts_with(prefix); ++at) {
    if (at->second->ttl <= now) continue;
    if (page.records.size() == limit) {
      page.next = page.records.back()->key;
      break;
    }
    page.records.push_back(at->second);
  }
  co_return page;
}

Task<void> MemoryRecordStore::amend(Record record) {
  const auto checked = check_record(record);
  if (!checked) co_return checked.error();
  const RecordPtr current = find_live(record.key);
  if (current == nullptr || current->generation != record.generation ||
      current->write_id != record.write_id) {
    co_return Error{Errc::conflict, "the record has moved on"};
  }
  put(std::move(record));
  co_return base::Result<void>();
}

}  // namespace gatehouse::store
