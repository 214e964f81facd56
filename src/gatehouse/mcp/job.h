// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/call.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/tool.h"

namespace gatehouse::mcp {

// What a handler's run comes to, ready for the wire. One of the three is meant: an error, a need
// for input, or else a result.
struct JobResult {
  std::string members;  // the `result` object without its closing brace
  bool is_error = false;
  std::optional<RpcError> error;
  std::optional<InputRequired> input_required;
};

// The request of one method that takes time, with all it needs: it may outlive its HTTP request.
class Job {
 public:
  virtual ~Job() = default;

  virtual Call& call() = 0;
  // Runs the handler; once more for every round of input.
  virtual base::Coroutine<JobResult> run() = 0;

  // Answers for a handler that did not: it took longer than `limit`, there are too many others
  // (`running`), or it threw.
  virtual JobResult too_long(std::chrono::seconds limit) const = 0;
  virtual JobResult too_many(std::size_t running) const = 0;
  virtual JobResult failed() const = 0;
  // The client cannot give, or did not give, what the handler asks it for.
  virtual JobResult no_input(const std::string& why) const = 0;

  // For the log: what happened, and to which tool, prompt or resource.
  virtual std::string_view event() const = 0;
  virtual std::string_view name() const = 0;
  // What a state that travels through the client is bound to: the request but for id and answers.
  virtual std::string identity() const = 0;
  virtual TaskSupport tasks() const { return TaskSupport::forbidden; }
};

}  // namespace gatehouse::mcp
