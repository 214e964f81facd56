// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/tool_job.h"

#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

class ToolJob final : public Job {
 public:
  ToolJob(const Tool& tool, Revision revision, std::shared_ptr<const Caller> caller,
          StateSealer& sealer, std::shared_ptr<const base::JsonDocument> document,
          base::JsonValue arguments)
      : tool_(tool),
        revision_(revision),
        caller_(std::move(caller)),
        document_(std::move(document)),
        call_(*caller_, arguments, sealer) {}

  Call& call() override { return call_; }

  base::Coroutine<JobResult> run() override {
    base::Coroutine<ToolResult> work = tool_.handler(call_);
    const ToolResult result = co_await std::move(work);
    co_return read(result);
  }

  JobResult too_long(std::chrono::seconds limit) const override {
    const char* const advice =
        tool_.annotations.read_only
            ? "Repeat it, or ask for less at once."
            : "What it changes may or may not have happened: look before you repeat it, or ask for "
              "less at once.";
    return read(tool_error(tool_.name + " did not finish within " + std::to_string(limit.count()) +
                           " seconds and was given up. " + advice));
  }
  JobResult too_many(std::size_t running) const override {
    return read(tool_error("Too many calls at once: " + std::to_string(running) +
                           " are still running. Wait for one to finish, then repeat this one."));
  }
  JobResult failed() const override {
    return read(tool_error(tool_.name +
                           " failed inside the server. Trying again may help; if it does not, tell "
                           "the operator of this server."));
  }
  JobResult no_input(const std::string& why) const override {
    return read(
        tool_error(tool_.name + " needs something from the user: " + why + " Nothing was done."));
  }

  std::string_view event() const override { return "tool call"; }
  std::string_view name() const override { return tool_.name; }
  std::string identity() const override {
    return "tools/call " + tool_.name + " " + call_.arguments.to_text();
  }
  TaskSupport tasks() const override { return tool_.tasks; }

 private:
  JobResult read(const ToolResult& result) const {
    JobResult out;
    out.input_required = result.input_required;
    out.error = result.protocol_error;
    out.is_error = result.is_error;
    if (!out.input_required && !out.error)
      out.members = tool_result_members(result, tool_, revision_);
    return out;
  }

  const Tool& tool_;
  const Revision revision_;
  const std::shared_ptr<const Caller> caller_;
  const std::shared_ptr<const base::JsonDocument> document_;
  ToolCall call_;
};

}  // namespace

std::string tool_result_members(const ToolResult& result, const Tool& tool, Revision revision) {
  const bool structured = !result.structured.empty() && revision >= Revision::r2025_06_18 &&
                          !tool.output_schema.empty();
  std::string text;
  text.reserve(result.text.size() + result.structured.size() + 128);
  base::JsonWriter json(text);
  json.begin_object().key("content").begin_array();
  const std::string& first = result.text.empty() ? result.structured : result.text;
  if (!first.empty() || result.contents.empty()) {
    json.begin_object().member("type", "text").member("text", first).end_object();
  }
  for (const Content& content : result.contents) write_content(json, content, revision);
  json.end_array();
  if (structured) json.key("structuredContent").raw(result.structured);
  if (result.is_error) json.member("isError", true);
  return text;
}

std::unique_ptr<Job> tool_job(const Tool& tool, Revision revision,
                              std::shared_ptr<const Caller> caller, StateSealer& sealer,
                              std::shared_ptr<const base::JsonDocument> document,
                              base::JsonValue arguments) {
  return std::make_unique<ToolJob>(tool, revision, std::move(caller), sealer, std::move(document),
                                   arguments);
}

}  // namespace gatehouse::mcp
