// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/prompt_job.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/reading_job.h"

namespace gatehouse::mcp {
namespace {

std::string result_members(const PromptResult& result, Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  if (!result.description.empty()) json.member("description", result.description);
  json.key("messages").begin_array();
  for (const PromptMessage& message : result.messages) {
    const bool user = message.role == PromptMessage::Role::user;
    json.begin_object().member("role", user ? "user" : "assistant").key("content");
    write_content(json, message.content, revision);
    json.end_object();
  }
  json.end_array();
  return text;
}

class PromptJob final : public ReadingJob {
 public:
  PromptJob(const Prompt& prompt, Revision revision, std::shared_ptr<const Caller> caller,
            StateSealer& sealer)
      : prompt_(prompt), revision_(revision), caller_(std::move(caller)), call_(*caller_, sealer) {}

  PromptCall& call() override { return call_; }

  base::Coroutine<JobResult> run() override {
    base::Coroutine<PromptResult> work = prompt_.handler(call_);
    PromptResult result = co_await std::move(work);
    if (result.error) co_return job_error(std::move(*result.error));
    JobResult out;
    out.input_required = std::move(result.input_required);
    if (!out.input_required) out.members = result_members(result, revision_);
    co_return out;
  }

  std::string_view event() const override { return "prompt"; }
  std::string_view name() const override { return prompt_.name; }
  std::string identity() const override {
    std::string text = "prompts/get " + prompt_.name;
    base::JsonWriter json(text);
    json.begin_object();
    for (const auto& [name, value] : call_.arguments) json.member(name, value);
    json.end_object();
    return text;
  }

 private:
  const Prompt& prompt_;
  const Revision revision_;
  const std::shared_ptr<const Caller> caller_;
  PromptCall call_;
};

RpcError bad(std::string text) { return RpcError(RpcCode::invalid_params, std::move(text)); }

const PromptArgument* argument_named(const Prompt& prompt, std::string_view name) {
  const auto found =
      std::find_if(prompt.arguments.begin(), prompt.arguments.end(),
                   [name](const PromptArgument& argument) { return argument.name == name; });
  return found == prompt.arguments.end() ? nullptr : &*found;
}

}  // namespace

base::Result<std::unique_ptr<Job>, RpcError> prompt_job(const Prompt& prompt, Revision revision,
                                                        std::shared_ptr<const Caller> caller,
                                                        StateSealer& sealer,
                                                        const base::JsonValue& arguments) {
  auto job = std::make_unique<PromptJob>(prompt, revision, std::move(caller), sealer);
  for (const base::JsonMember& member : arguments.members()) {
    const PromptArgument* known = argument_named(prompt, member.name);
    if (known == nullptr) {
      return bad(prompt.name + " has no argument \"" + std::string(member.name.substr(0, 64)) +
                 "\"");
    }
    const auto value = member.value.as_string();
    if (!value) return bad("Argument \"" + known->name + "\" must be a string");
    job->call().arguments.emplace(known->name, *value);
  }
  for (const PromptArgument& argument : prompt.arguments) {
    if (argument.required && !job->call().arguments.contains(argument.name))
      return bad(prompt.name + " needs the argument \"" + argument.name + "\"");
  }
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace gatehouse::mcp
