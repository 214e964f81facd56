// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/uploaded_files.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/outgoing_file.h"
#include "gatehouse/workspace/read_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiFault;
using telemetry::Field;

constexpr std::string_view kPrefix = "file:";
constexpr std::string_view kAskAnew = "Get a new link with workspace_upload and have it used.";

mcp::ToolResult refused(std::string_view code, std::string message, std::string_view fix) {
  return workspace::refused(code, std::move(message) + " Nothing was written.", fix);
}

// Why an upload cannot be attached; nullopt: it can.
std::optional<mcp::ToolResult> judge(const Upload& upload, const std::string& handle) {
  const std::string_view nothing = google::name_of(ApiFault::not_found_or_no_access);
  switch (upload.state) {
    case Upload::State::here:
      return std::nullopt;
    case Upload::State::awaited:
      return refused(google::name_of(ApiFault::conflict), handle + " has not been uploaded yet.",
                     "Upload it at its url, or wait until the user has; then repeat the call.");
    case Upload::State::never_came:
      return refused(nothing, "The link of " + handle + " ended and nothing was uploaded.",
                     kAskAnew);
    case Upload::State::of_another:
      return refused(nothing, handle + " was uploaded by another person.",
                     "Only its own person can attach it. Get a link with workspace_upload.");
    case Upload::State::unknown:
      break;
  }
  return refused(nothing, "There is no upload of this handle, or it is more than a day old.",
                 kAskAnew);
}

}  // namespace

base::Coroutine<std::optional<mcp::ToolResult>> UploadedFiles::resolve(
    std::optional<std::vector<std::string>>& attachments) {
  // More than that the tool refuses, and asks nobody about.
  if (!attachments || attachments->size() > kFilesMax) co_return std::nullopt;
  for (std::string& name : *attachments) {
    const std::string handle(base::trim(name));
    if (!handle.starts_with(kPrefix) || services_.file_links == nullptr) continue;
    auto upload = co_await services_.file_links->find_upload(account_, handle);
    if (!upload) co_return error_result(upload.error());
    auto refusal = judge(*upload, handle);
    if (refusal) co_return std::move(refusal);
    name = std::move(upload->file);
    drafts_.push_back(std::move(upload->draft_id));
  }
  co_return std::nullopt;
}

base::Coroutine<void> UploadedFiles::drop_drafts() {
  for (const std::string& draft : drafts_) {
    const google::ApiCall call = delete_draft(draft);
    const auto deleted = co_await services_.api.call(account_.tokens(), call);
    // It was deleted before, by the person or after the same mail.
    if (!deleted && deleted.error().code == ApiFault::not_found_or_no_access) continue;
    telemetry::TracedLog log(services_.log, account_.trace);
    log.audit("upload dropped", {{Field::reason, deleted ? std::string_view("sent")
                                                         : google::name_of(deleted.error().code)},
                                 {Field::user, user_of(account_)},
                                 {Field::object, std::string_view(draft)}});
  }
}

bool is_sent(const mcp::ToolResult& result) {
  if (result.is_error) return false;
  const auto document = base::JsonDocument::parse(result.structured);
  if (!document) return false;
  const std::string_view status = document->root().find_string("status").value_or("");
  return status == "sent" || status == "already_sent";
}

}  // namespace gatehouse::workspace::gmail
