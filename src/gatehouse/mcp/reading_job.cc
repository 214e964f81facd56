// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/reading_job.h"

#include <utility>

namespace gatehouse::mcp {

JobResult job_error(RpcError error) {
  JobResult result;
  result.is_error = true;
  result.error = std::move(error);
  return result;
}

JobResult ReadingJob::too_long(std::chrono::seconds limit) const {
  return job_error(RpcError(RpcCode::internal,
                            "No answer within " + std::to_string(limit.count()) + " s; try again"));
}

JobResult ReadingJob::too_many(std::size_t running) const {
  return job_error(
      RpcError(RpcCode::internal, "Too many requests at once: " + std::to_string(running) +
                                      " are still running; wait for one to finish"));
}

JobResult ReadingJob::failed() const {
  return job_error(RpcError(RpcCode::internal, "Internal error; try again"));
}

JobResult ReadingJob::no_input(const std::string& why) const {
  return job_error(RpcError(RpcCode::invalid_params, why));
}

}  // namespace gatehouse::mcp
