// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

// One DynamoDB table: partition key `sessionId` (S), time to live on `ttl` (N). A read is one
// consistent GetItem, or one consistent BatchGetItem for several keys; a write is one PutItem or
// DeleteItem with a condition on existence, generation and `ttl`. DynamoDB deletes expired rows by
// itself, hours late: this store judges by the clock. Throttling and faults beyond the client's
// retries are Errc::unavailable, a missing table or permission is Errc::internal, a lost answer is
// Errc::timeout (the write may stand; whoever made it recognises it by its write id).
class DynamodbRecordStore final : public RecordStore, public Enumerable {
 public:
  DynamodbRecordStore(aws::JsonClient& client, std::string table, const base::Clock& clock);
  ~DynamodbRecordStore() override;

  base::Task<RecordPtr> get(std::string_view key) override;
  base::Task<std::vector<RecordPtr>> get_each(const std::vector<std::string>& keys) override;
  base::Task<void> create(Record record) override;
  base::Task<void> replace(Record record) override;
  base::Task<void> remove(std::string_view key, std::uint64_t generation) override;
  // A Scan: needs a permission that serving replicas do not have.
  base::Task<RecordPage> list(std::string_view prefix, const std::string& from,
                              std::size_t rows_max) override;
  base::Task<void> amend(Record record) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::store
