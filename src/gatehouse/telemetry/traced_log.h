// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::telemetry {

// Another log as one request writes to it: each line ends with the request's names. Made where a
// line is written; both must outlive it.
class TracedLog final : public Log {
 public:
  TracedLog(Log& log, const RequestTrace& trace) : log_(log), trace_(trace) {}

  bool enabled(Level level) const override { return log_.enabled(level); }
  // At most kFieldsMax fields.
  void put(Level level, std::string_view event, std::span<const LogField> fields) override;

  static constexpr std::size_t kFieldsMax = 14;

 private:
  Log& log_;
  const RequestTrace& trace_;
};

}  // namespace gatehouse::telemetry
