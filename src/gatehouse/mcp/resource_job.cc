// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/resource_job.h"

#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/reading_job.h"

namespace gatehouse::mcp {
namespace {

class ResourceJob final : public ReadingJob {
 public:
  ResourceJob(ResourceRegistry::Found found, std::string uri, Revision revision,
              std::shared_ptr<const Caller> caller, StateSealer& sealer)
      : name_(found.resource != nullptr ? found.resource->name : found.resource_template->name),
        reader_(found.resource != nullptr ? found.resource->reader
                                          : found.resource_template->reader),
        revision_(revision),
        caller_(std::move(caller)),
        call_(*caller_, sealer) {
    call_.uri = std::move(uri);
    call_.variables = std::move(found.variables);
  }

  Call& call() override { return call_; }

  base::Coroutine<JobResult> run() override {
    base::Coroutine<ResourceResult> work = reader_(call_);
    ResourceResult result = co_await std::move(work);
    if (result.error) co_return job_error(std::move(*result.error));
    JobResult out;
    out.input_required = std::move(result.input_required);
    if (out.input_required) co_return out;
    if (result.contents.empty()) co_return job_error(resource_not_found(call_.uri, revision_));
    out.members = members(result);
    co_return out;
  }

  std::string_view event() const override { return "resource read"; }
  std::string_view name() const override { return name_; }
  std::string identity() const override { return "resources/read " + call_.uri; }

 private:
  std::string members(const ResourceResult& result) const {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().key("contents").begin_array();
    for (const ResourceContents& contents : result.contents)
      write_resource_contents(json, contents);
    json.end_array();
    // Whatever is read belongs to the caller, and may change at any time.
    if (!is_legacy(revision_)) json.member("ttlMs", 0).member("cacheScope", "private");
    return text;
  }

  const std::string name_;
  const ResourceReader reader_;
  const Revision revision_;
  const std::shared_ptr<const Caller> caller_;
  ResourceCall call_;
};

}  // namespace

std::unique_ptr<Job> resource_job(ResourceRegistry::Found found, std::string uri, Revision revision,
                                  std::shared_ptr<const Caller> caller, StateSealer& sealer) {
  return std::make_unique<ResourceJob>(std::move(found), std::move(uri), revision,
                                       std::move(caller), sealer);
}

RpcError resource_not_found(std::string_view uri, Revision revision) {
  std::string data;
  base::JsonWriter json(data);
  json.begin_object().member("uri", uri).end_object();
  const RpcCode code = is_legacy(revision) ? RpcCode::resource_not_found : RpcCode::invalid_params;
  return RpcError(code, "Resource not found", std::move(data));
}

}  // namespace gatehouse::mcp
