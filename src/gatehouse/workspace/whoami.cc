// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/whoami.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/read_audit.h"
#include "gatehouse/workspace/time_zone.h"

namespace gatehouse::workspace {

namespace {

struct NoArgs {};

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::full:
      return "full";
    case Mode::draft:
      return "draft";
    case Mode::readonly:
      return "readonly";
  }
  return "";
}

struct ToolsetAccess {
  std::vector<std::string> granted;
  std::vector<std::string> missing;
};

std::map<std::string, ToolsetAccess> access_by_toolset(const Profile& profile, Mode mode) {
  std::map<std::string, ToolsetAccess> toolsets;
  for (const ScopeNeed& need : all_scope_needs()) {
    if (!allows(mode, need.least)) continue;
    ToolsetAccess& access = toolsets[std::string(need.toolset)];
    (is_granted(profile.granted_scopes, need.scope) ? access.granted : access.missing)
        .emplace_back(need.scope);
  }
  return toolsets;
}

void write_list(base::JsonWriter& json, std::string_view name,
                const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

std::string listed(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + value;
  return out.empty() ? "none" : out;
}

// Names are what the account's owner and the client's maker wrote: cleaned, but the caller's own.
mcp::ToolResult answer(const Profile& profile, const std::vector<std::string>& scopes, Mode mode,
                       int units_left) {
  const auto minute = [](base::SystemTime time) {
    return format_minute(base::epoch_seconds(time), TimeZone::utc());
  };
  const std::map<std::string, ToolsetAccess> toolsets = access_by_toolset(profile, mode);
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object();
  const auto put = [&](std::string_view name, std::string_view value) {
    const std::string line = clean_line(value).text;
    if (line.empty()) return;
    json.member(name, line);
    result.text += std::string(name) + ": " + line + "\n";
  };
  put("email", profile.email);
  put("name", profile.name);
  put("domain", profile.domain);
  put("client", profile.client_name);
  put("mode", name_of(mode));
  write_list(json, "scopes", scopes);
  result.text += "scopes: " + listed(scopes) + "\n";
  put("signed_in", minute(profile.signed_in_at));
  put("sign_in_again", minute(profile.sign_in_again_at));
  json.key("toolsets").begin_object();
  for (const auto& [name, access] : toolsets) {
    json.key(name).begin_object();
    write_list(json, "granted", access.granted);
    write_list(json, "missing", access.missing);
    json.end_object();
    result.text += name + ": granted " + listed(access.granted);
    result.text += access.missing.empty() ? "\n"
                                          : "; missing " + listed(access.missing) +
                                                " (asked for when a tool first needs it)\n";
  }
  json.end_object();
  json.member("units_left", units_left).end_object();
  result.text += "units_left: " + std::to_string(units_left);
  return result;
}

base::Coroutine<mcp::ToolResult> whoami(Services& services, mcp::ToolCall& call, const NoArgs&) {
  const Account& account = account_of(call.caller);
  auto profile = co_await account.profile();
  const int units_left = services.api.units_left(account.tokens().user_key());
  mcp::ToolResult result = profile ? answer(*profile, account.scopes, services.mode, units_left)
                                   : error_result(profile.error());
  if (is_scope_missing(result)) {
    const std::string whatever_it_has;
    const Remedy remedy = co_await account.remedy(whatever_it_has);
    result = scope_missing(result, remedy);
  }
  const ReadAudit audit("whoami");
  audit.write(services.log, account, result);
  co_return result;
}

}  // namespace

mcp::Tool whoami_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "whoami";
  spec.title = "Who am I";
  spec.description =
      "The signed-in account, this session's scopes, its permissions by toolset, the operator's "
      "mode, when to sign in "
      "again, Google quota units left this minute.";
  spec.output_schema =
      R"({"type":"object","properties":{"email":{"type":"string"},"mode":{"type":"string"},"sign_in_again":{"type":"string"},)"
      R"("toolsets":{"type":"object"},"units_left":{"type":"integer"}}})";
  return mcp::make_tool<Services, NoArgs>(std::move(spec), std::tuple<>{}, services, &whoami);
}

}  // namespace gatehouse::workspace
