// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/completion_job.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/reading_job.h"

namespace gatehouse::mcp {
namespace {

std::string result_members(const Completion& completion) {
  const std::size_t count = std::min(completion.values.size(), kCompletionValuesMax);
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().key("completion").begin_object().key("values").begin_array();
  for (std::size_t i = 0; i < count; ++i) json.value(completion.values[i]);
  json.end_array();
  if (completion.total) json.member("total", *completion.total);
  json.member("hasMore", completion.has_more || count < completion.values.size());
  json.end_object();
  return text;
}

class CompletionJob final : public ReadingJob {
 public:
  CompletionJob(Completer completer, std::shared_ptr<const Caller> caller, StateSealer& sealer)
      : completer_(std::move(completer)), caller_(std::move(caller)), call_(*caller_, sealer) {}

  CompletionCall& call() override { return call_; }

  base::Coroutine<JobResult> run() override {
    Completion completion;
    if (completer_) {
      base::Coroutine<Completion> work = completer_(call_);
      completion = co_await std::move(work);
    }
    JobResult out;
    out.members = result_members(completion);
    co_return out;
  }

  std::string_view event() const override { return "completion"; }
  std::string_view name() const override { return "completion"; }
  std::string identity() const override { return "completion/complete"; }

 private:
  const Completer completer_;
  const std::shared_ptr<const Caller> caller_;
  CompletionCall call_;
};

RpcError bad(std::string text) { return RpcError(RpcCode::invalid_params, std::move(text)); }

base::Result<Completer, RpcError> prompt_completer(const Catalog& catalog,
                                                   const base::JsonValue& ref,
                                                   std::string_view argument) {
  const Prompt* prompt = catalog.prompts.find(ref.find_string("name").value_or(""));
  if (prompt == nullptr) return bad("params.ref names no prompt of this server");
  for (const PromptArgument& known : prompt->arguments) {
    if (known.name == argument) return known.completer;
  }
  return bad("The prompt has no such argument");
}

base::Result<Completer, RpcError> resource_completer(const Catalog& catalog,
                                                     const base::JsonValue& ref,
                                                     std::string_view argument) {
  const std::string_view uri = ref.find_string("uri").value_or("");
  const ResourceTemplate* found = catalog.resources.find_template(uri);
  if (found == nullptr) return bad("params.ref names no resource template of this server");
  const auto completer = found->completers.find(argument);
  return completer == found->completers.end() ? Completer() : completer->second;
}

base::Result<Completer, RpcError> find_completer(const Catalog& catalog, const base::JsonValue& ref,
                                                 std::string_view argument) {
  const std::string_view type = ref.find_string("type").value_or("");
  if (type == "ref/prompt") return prompt_completer(catalog, ref, argument);
  if (type == "ref/resource") return resource_completer(catalog, ref, argument);
  return bad("params.ref.type must be ref/prompt or ref/resource");
}

}  // namespace

base::Result<std::unique_ptr<Job>, RpcError> completion_job(const Catalog& catalog,
                                                            std::shared_ptr<const Caller> caller,
                                                            StateSealer& sealer,
                                                            const base::JsonValue& params) {
  const auto ref = params.find("ref");
  const auto argument = params.find("argument");
  if (!ref || !argument) return bad("params must hold ref and argument");
  const auto name = argument->find_string("name");
  const auto value = argument->find_string("value");
  if (!name || !value) return bad("params.argument must hold the strings name and value");
  const base::Result<Completer, RpcError> completer = find_completer(catalog, *ref, *name);
  if (!completer) return completer.error();
  auto job = std::make_unique<CompletionJob>(*completer, std::move(caller), sealer);
  job->call().value = std::string(*value);
  const auto context = params.find("context");
  const auto known = context ? context->find("arguments") : std::nullopt;
  if (known) {
    for (const base::JsonMember& member : known->members()) {
      const auto text = member.value.as_string();
      if (text) job->call().known.emplace(member.name, *text);
    }
  }
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace gatehouse::mcp
