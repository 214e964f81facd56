// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::telemetry {

// One line of CloudWatch's embedded metric format: the log group that takes it in makes metrics of
// it, and no call and no permission is needed. At most 100 metrics, one dimension, units of AWS's
// list; a document that breaks a rule would be dropped without a word.
class EmfLine {
 public:
  enum class Unit { count, bytes, milliseconds };

  // `timestamp_ms` since the epoch; the dimension is `Service`.
  EmfLine(std::string_view name_space, std::string_view service, std::int64_t timestamp_ms);

  EmfLine& add(std::string_view name, Unit unit, std::uint64_t value);
  // As values with how often each came: the upper bounds of the buckets, in milliseconds, and twice
  // the last bound for what is above it. Left out when nothing came.
  EmfLine& add(std::string_view name, const Durations::Buckets& buckets);

  // Without a line feed.
  std::string text() const;

 private:
  struct Metric {
    std::string_view name;
    Unit unit;
    std::string json;
  };

  std::string name_space_;
  std::string service_;
  std::int64_t timestamp_ms_;
  std::vector<Metric> metrics_;
};

// What CloudWatch takes as a namespace of one's own, and as the value of a dimension.
bool is_emf_namespace(std::string_view text);
bool is_emf_dimension_value(std::string_view text);

}  // namespace gatehouse::telemetry
