// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/mcp/job.h"

namespace gatehouse::mcp {

// What jobs other than tool calls answer when their handler does not: protocol errors.
class ReadingJob : public Job {
 public:
  JobResult too_long(std::chrono::seconds limit) const override;
  JobResult too_many(std::size_t running) const override;
  JobResult failed() const override;
  JobResult no_input(const std::string& why) const override;
};

JobResult job_error(RpcError error);

}  // namespace gatehouse::mcp
