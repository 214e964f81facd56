// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/tasks.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

constexpr std::size_t kIdBytes = 18;
constexpr int kPollIntervalMs = 1000;
// Those that are over but not yet forgotten, for each that may be under way.
constexpr std::size_t kKeptPerRunning = 4;

// RFC 3339, in UTC.
std::string timestamp(base::SystemTime time) {
  const std::time_t seconds = base::epoch_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string_view Tasks::Task::name_of(Status status) {
  switch (status) {
    case Status::working:
      return "working";
    case Status::input_required:
      return "input_required";
    case Status::completed:
      return "completed";
    case Status::failed:
      return "failed";
    case Status::cancelled:
      return "cancelled";
  }
  return {};
}

std::string Tasks::Task::members(std::string_view result_type) const {
  const auto lifetime = std::chrono::duration_cast<std::chrono::milliseconds>(lifetime_);
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("resultType", result_type).member("taskId", id_);
  json.member("status", name_of(status_)).member("createdAt", timestamp(created_));
  json.member("lastUpdatedAt", timestamp(updated_)).member("ttlMs", lifetime.count());
  json.member("pollIntervalMs", kPollIntervalMs);
  return text;
}

std::string Tasks::Task::created_members() const { return members("task"); }

std::string Tasks::Task::detailed_members() const {
  std::string text = members("complete");
  if (status_ == Status::completed) return text.append(R"(,"result":)").append(result_);
  if (status_ == Status::failed) return text.append(R"(,"error":)").append(result_);
  if (status_ != Status::input_required) return text;
  text += R"(,"inputRequests":)";
  write_input_requests(text, questions_);
  return text;
}

void Tasks::Task::enter(Status status) {
  status_ = status;
  updated_ = clock_.now();
}

void Tasks::Task::complete(std::string result) {
  if (is_over()) return;
  result_ = std::move(result);
  enter(Status::completed);
}

void Tasks::Task::fail(const RpcError& error) {
  if (is_over()) return;
  result_ = error_json(error);
  enter(Status::failed);
}

void Tasks::Task::ask(std::vector<InputRequest> requests) {
  if (is_over()) return;
  questions_ = std::move(requests);
  enter(Status::input_required);
}

void Tasks::Task::go_on() {
  questions_.clear();
  if (!is_over()) enter(Status::working);
}

Tasks::Tasks(Limits limits, const base::Clock& clock, base::Random& random)
    : limits_(limits), clock_(clock), random_(random) {}

std::shared_ptr<Tasks::Task> Tasks::create(const std::string& principal) {
  forget_expired();
  std::size_t running = 0;
  std::size_t all = 0;
  for (const auto& [id, task] : tasks_) {
    if (task->principal_ != principal) continue;
    ++all;
    if (!task->is_over()) ++running;
  }
  const std::size_t most = limits_.per_principal_max;
  if (running >= most || all >= most * kKeptPerRunning) return nullptr;
  std::shared_ptr<Task> task(new Task(clock_));
  task->id_ = random_.token(kIdBytes);
  task->principal_ = principal;
  task->lifetime_ = limits_.lifetime;
  task->created_ = task->updated_ = clock_.now();
  tasks_.emplace(task->id_, task);
  return task;
}

std::shared_ptr<Tasks::Task> Tasks::find(const std::string& principal, std::string_view id) {
  const auto found = tasks_.find(std::string(id));
  if (found == tasks_.end() || found->second->principal_ != principal) return nullptr;
  if (found->second->created_ + limits_.lifetime <= clock_.now()) return nullptr;
  return found->second;
}

void Tasks::update(Task& task, const Answers& answers) {
  if (task.status_ != Task::Status::input_required || !task.on_answers) return;
  std::erase_if(task.questions_, [&](const InputRequest& request) {
    return answers.by_key.find(request.key).has_value();
  });
  task.updated_ = clock_.now();
  const auto on_answers = task.on_answers;
  on_answers(answers);
}

void Tasks::cancel(Task& task) {
  if (task.is_over()) return;
  task.enter(Task::Status::cancelled);
  const auto on_cancel = task.on_cancel;
  if (on_cancel) on_cancel();
}

void Tasks::forget_expired() {
  const base::SystemTime now = clock_.now();
  std::erase_if(tasks_,
                [&](const auto& item) { return item.second->created_ + limits_.lifetime <= now; });
}

}  // namespace gatehouse::mcp
