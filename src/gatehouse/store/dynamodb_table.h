// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/task.h"

namespace gatehouse::store {

// What a table should be and is not, in an operator's words with the remedy.
struct TableDifference {
  std::string what;  // "time to live", "point-in-time recovery", ...
  std::string found;
  std::string wanted;
  std::string remedy;  // an aws command line that puts it right, or why nothing does
};

struct TableReport {
  TableReport() {}
  bool created = false;
  std::string arn;
  std::vector<TableDifference> differences;  // empty: the table is as it should be
};

// The table behind DynamodbRecordStore: on demand, time to live on `ttl`, point-in-time recovery,
// deletion protection. For `gatehouse store init`; serving replicas do not have these permissions.
class DynamodbTable {
 public:
  // Whatever takes a while is looked at every second, 120 times at most; `pause` waits in between.
  DynamodbTable(aws::JsonClient& client, std::string name,
                base::Pause pause = base::pause_on_timer());

  // Creates the table when there is none and waits until it serves (some two minutes at most), then
  // compares. Changes nothing of a table that was there; two that create at once end up with one
  // complete table. Errors say what AWS refused and what is done already.
  base::Task<TableReport> init();
  // Compares only. Errc::not_found: no such table.
  base::Task<TableReport> examine();

 private:
  aws::JsonClient& client_;
  const std::string name_;
  const base::Pause pause_;
};

}  // namespace gatehouse::store
