// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/upload.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/file_links.h"
#include "gatehouse/workspace/gmail/upload_draft.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/time_zone.h"
#include "gatehouse/workspace/untrusted_text.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using mcp::Arg;

constexpr std::size_t kNameMax = 500;

struct UploadArgs {
  std::string name;
  std::optional<std::string> mime;
};

constexpr auto kUploadArgs = std::tuple{
    Arg{"name", &UploadArgs::name, "file name"},
    Arg{"mime", &UploadArgs::mime, "else by the name"},
};

constexpr std::string_view kHow =
    "Run: curl -T FILE URL; or show url to the user, who uploads in a browser. Once, up to 25 MB. "
    "Then give handle in attachments of gmail_send or gmail_draft.";

// One call of the tool.
class AskingForFile {
 public:
  AskingForFile(Services& services, mcp::ToolCall& call, const UploadArgs& args)
      : services_(services), account_(account_of(call.caller)), args_(args) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    if (args_.name.size() > kNameMax) co_return invalid_argument("name is limited to 500 bytes.");
    const std::string mime = args_.mime.value_or("");
    if (!mime.empty() && !is_upload_type(mime))
      co_return invalid_argument("mime must be like application/pdf.");
    if (services_.file_links == nullptr) co_return no_links();
    const auto profile = co_await account_.profile();
    if (!profile) co_return error_result(profile.error());
    if (!is_granted(profile->granted_scopes, "gmail.compose"))
      co_return not_granted("write drafts, where uploads are kept,");
    const WantedFile wanted{clean_file_name(args_.name), mime};
    const auto link = co_await services_.file_links->link_for(account_, wanted);
    if (!link) co_return error_result(link.error());
    audit_.outcome = "link";
    co_return answer(*link);
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  static mcp::ToolResult no_links() {
    return refused("blocked_by_policy", "This server takes no uploads.",
                   "Have the user attach the file in Gmail.");
  }

  mcp::ToolResult answer(const UploadLink& link) const {
    mcp::ToolResult result;
    const std::string expires = format_minute(base::epoch_seconds(link.expires), TimeZone::utc());
    base::JsonWriter json(result.structured);
    json.begin_object();
    json.member("url", link.url).member("handle", link.handle).member("expires", expires);
    json.member("how", kHow);
    json.end_object();
    result.text = "url: " + link.url + "\nhandle: " + link.handle + "\nexpires: " + expires +
                  "\nhow: " + std::string(kHow);
    return result;
  }

  Services& services_;
  const Account& account_;
  const UploadArgs& args_;
  WriteAudit audit_{"upload asked for", "workspace_upload"};
};

}  // namespace

mcp::Tool upload_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "workspace_upload";
  spec.title = "Upload a file";
  spec.description = "A one-time link to bring a file to attach, past the model.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = false, .open_world = false};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema =
      R"({"type":"object","properties":{"url":{},"handle":{},"expires":{},"how":{}}})";
  return mcp::make_tool(std::move(spec), kUploadArgs, services,
                        &run_audited<AskingForFile, UploadArgs>);
}

}  // namespace gatehouse::workspace::gmail
