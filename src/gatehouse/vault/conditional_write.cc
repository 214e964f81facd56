// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/conditional_write.h"

#include <memory>
#include <utility>

namespace gatehouse::vault {
namespace {

using base::Errc;
using base::Error;
using store::RecordPtr;

constexpr int kAttemptsMax = 3;

enum class Condition { absent, previous_generation };

base::Task<void> write_once(store::RecordStore& store, const store::Record& record,
                            Condition condition) {
  store::Record copy = record;
  if (condition == Condition::absent) {
    auto created = co_await store.create(std::move(copy));
    co_return created;
  }
  auto replaced = co_await store.replace(std::move(copy));
  co_return replaced;
}

// Whether the condition still holds as far as this read can tell, so that trying again makes sense.
bool still_open(const base::Result<RecordPtr>& current, const store::Record& record,
                Condition condition) {
  if (condition == Condition::absent) return !current;
  return current && (*current)->generation + 1 == record.generation;
}

base::Task<RecordPtr> write_record(store::RecordStore& store, store::Record record,
                                   Condition condition) {
  const RecordPtr intended = std::make_shared<const store::Record>(std::move(record));
  Error trouble{Errc::unavailable, "the store does not answer"};
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto written = co_await write_once(store, *intended, condition);
    if (written) co_return intended;
    if (written.error().code == Errc::invalid_argument) co_return written.error();
    trouble = written.error();

    auto current = co_await store.get(intended->key);
    if (!current && current.error().code != Errc::not_found) continue;
    if (current && (*current)->write_id == intended->write_id) co_return *current;
    if (!still_open(current, *intended, condition)) {
      co_return Error{Errc::conflict, "somebody else wrote first"};
    }
  }
  if (trouble.code == Errc::conflict) trouble.code = Errc::unavailable;
  co_return trouble;
}

}  // namespace

base::Task<RecordPtr> create_record(store::RecordStore& store, store::Record record) {
  auto written = co_await write_record(store, std::move(record), Condition::absent);
  co_return written;
}

base::Task<RecordPtr> replace_record(store::RecordStore& store, store::Record record) {
  auto written = co_await write_record(store, std::move(record), Condition::previous_generation);
  co_return written;
}

}  // namespace gatehouse::vault
