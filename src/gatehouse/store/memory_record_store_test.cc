// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/store/memory_record_store.h"

#include "gatehouse/store/record_store_conformance.h"

namespace gatehouse::store {
namespace {

struct MemoryHarness {
  MemoryHarness(boost::asio::io_context&, const base::Clock& clock) : records(clock) {}
  RecordStore& store() { return records; }
  Sweepable* sweepable() { return &records; }
  Enumerable* enumerable() { return &records; }
  MemoryRecordStore records;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, RecordStoreConformance, MemoryHarness);

}  // namespace
}  // namespace gatehouse::store
