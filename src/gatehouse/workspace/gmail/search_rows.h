// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/gmail/summary.h"
#include "gatehouse/workspace/time_zone.h"

namespace gatehouse::workspace::gmail {

// In the order of the argument's choices.
enum class Column {
  id,
  thread_id,
  from,
  address,
  to,
  cc,
  subject,
  date,
  flags,
  labels,
  count,
  size,
  snippet
};

struct RowsRequest {
  std::vector<Column> columns;  // empty: the default ones
  bool threads = false;
  TimeZone zone = TimeZone::utc();
  LabelNames labels;
};

// Fills cols, rows and untrusted of `list`, whose other members are set before. By default texts
// are shortened until the whole answer fits 115 characters a row, at least 2,300; columns that the
// caller chose are given as they are.
void fill_rows(const std::vector<Summary>& summaries, const RowsRequest& request, ListAnswer& list);

}  // namespace gatehouse::workspace::gmail
