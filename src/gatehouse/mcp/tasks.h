// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {

// Calls that outlast their request: the extension io.modelcontextprotocol/tasks of 2026-07-28
// (SEP-2663). Held by this process, so a server of several replicas must not offer it. Ids are
// random, and good for the principal that made the call only.
class Tasks {
 public:
  struct Limits {
    std::chrono::seconds lifetime;  // from the beginning; asking for the task does not extend it
    std::size_t per_principal_max;
  };
  Tasks(Limits limits, const base::Clock& clock, base::Random& random);

  // The answers of a client to a task's questions; they belong to `document`.
  struct Answers {
    std::shared_ptr<const base::JsonDocument> document;
    base::JsonValue by_key;
  };

  // One task. Whoever runs the call writes; what the client wants comes to the two callbacks, each
  // on the loop and never from within a call of this class's own.
  class Task {
   public:
    const std::string& id() const { return id_; }
    // The members of a CreateTaskResult or of `tasks/get`, without the closing brace; the first
    // lacks what the task has come to.
    std::string created_members() const;
    std::string detailed_members() const;

    // `result` is a whole result, JSON.
    void complete(std::string result);
    void fail(const RpcError& error);
    // Asks; the answers come to on_answers, perhaps some at a time.
    void ask(std::vector<InputRequest> requests);
    void go_on();
    bool is_over() const { return status_ != Status::working && status_ != Status::input_required; }

    std::function<void(const Answers&)> on_answers;
    std::function<void()> on_cancel;

   private:
    friend class Tasks;
    enum class Status { working, input_required, completed, failed, cancelled };
    static std::string_view name_of(Status status);
    void enter(Status status);
    std::string members(std::string_view result_type) const;

    explicit Task(const base::Clock& clock) : clock_(clock) {}
    const base::Clock& clock_;
    std::string id_;
    std::string principal_;
    std::chrono::seconds lifetime_{0};
    base::SystemTime created_{};
    base::SystemTime updated_{};
    Status status_ = Status::working;
    std::string result_;  // or error, JSON
    std::vector<InputRequest> questions_;
  };

  // Null when the principal has too many that are not over.
  std::shared_ptr<Task> create(const std::string& principal);
  // Null when there is none of that principal.
  std::shared_ptr<Task> find(const std::string& principal, std::string_view id);

  // `tasks/update`: hands the answers to those questions that are open; others are ignored.
  void update(Task& task, const Answers& answers);
  // `tasks/cancel`: does nothing to a task that is over.
  void cancel(Task& task);

 private:
  void forget_expired();

  const Limits limits_;
  const base::Clock& clock_;
  base::Random& random_;
  std::unordered_map<std::string, std::shared_ptr<Task>> tasks_;
};

}  // namespace gatehouse::mcp
