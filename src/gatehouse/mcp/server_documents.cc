// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/server_documents.h"

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

// The tools change with a release only.
constexpr int kListLifetimeMs = 5 * 60 * 1000;

// What is offered; nothing is advertised that is not done.
constexpr std::string_view kCapabilities = R"({"tools":{}})";

std::string implementation_json(const ServerInfo& info, Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("name", info.name);
  if (revision >= Revision::r2025_06_18 && !info.title.empty()) json.member("title", info.title);
  json.member("version", info.version);
  if (revision >= Revision::r2025_11_25 && !info.website_url.empty()) {
    json.member("websiteUrl", info.website_url);
  }
  json.end_object();
  return text;
}

std::string initialize_json(const ServerInfo& info, Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("protocolVersion", name_of(revision));
  json.key("capabilities").raw(kCapabilities);
  json.key("serverInfo").raw(implementation_json(info, revision));
  if (!info.instructions.empty()) json.member("instructions", info.instructions);
  json.end_object();
  return text;
}

// `destructiveHint` and `idempotentHint` mean something only for tools that write.
void write_annotations(base::JsonWriter& json, const Tool& tool, Revision revision) {
  if (revision < Revision::r2025_03_26) return;
  const ToolAnnotations& hints = tool.annotations;
  json.key("annotations").begin_object();
  if (revision < Revision::r2025_06_18 && !tool.title.empty()) json.member("title", tool.title);
  json.member("readOnlyHint", hints.read_only);
  if (!hints.read_only) {
    json.member("destructiveHint", hints.destructive).member("idempotentHint", hints.idempotent);
  }
  json.member("openWorldHint", hints.open_world).end_object();
}

void write_tool(base::JsonWriter& json, const Tool& tool, Revision revision) {
  const bool titled = revision >= Revision::r2025_06_18;
  json.begin_object().member("name", tool.name);
  if (titled && !tool.title.empty()) json.member("title", tool.title);
  json.member("description", tool.description).key("inputSchema").raw(tool.input_schema);
  if (titled && !tool.output_schema.empty()) json.key("outputSchema").raw(tool.output_schema);
  write_annotations(json, tool, revision);
  json.end_object();
}

std::string cache_hints() {
  return R"(,"ttlMs":)" + std::to_string(kListLifetimeMs) + R"(,"cacheScope":"private")";
}

std::string tools_list_json(const ToolRegistry& tools, Revision revision, std::string_view tail) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().key("tools").begin_array();
  for (const Tool& tool : tools.tools()) write_tool(json, tool, revision);
  json.end_array();
  if (!is_legacy(revision)) text += cache_hints();
  text.append(tail).append("}");
  return text;
}

std::string discover_json(const ServerInfo& info, std::string_view tail) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().key("supportedVersions").begin_array().value(name_of(kModern)).end_array();
  json.key("capabilities").raw(kCapabilities);
  if (!info.instructions.empty()) json.member("instructions", info.instructions);
  text.append(cache_hints()).append(tail).append("}");
  return text;
}

}  // namespace

ServerDocuments::ServerDocuments(const ServerInfo& info, const ToolRegistry& tools)
    : server_info_(implementation_json(info, kModern)) {
  modern_tail_ = R"(,"resultType":"complete","_meta":{")" + std::string(kMetaServerInfo) +
                 "\":" + server_info_ + "}";
  for (std::size_t i = 0; i < kRevisions; ++i) {
    const auto revision = static_cast<Revision>(i);
    if (is_legacy(revision)) initialize_[i] = initialize_json(info, revision);
    tools_list_[i] = tools_list_json(tools, revision, result_tail(revision));
  }
  discover_ = discover_json(info, modern_tail_);
}

std::string ServerDocuments::subscription_result(std::string_view id_json) const {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("resultType", "complete").key("_meta").begin_object();
  json.key(kMetaSubscription).raw(id_json).key(kMetaServerInfo).raw(server_info_);
  json.end_object().end_object();
  return text;
}

std::string_view ServerDocuments::result_tail(Revision revision) const {
  return is_legacy(revision) ? std::string_view() : std::string_view(modern_tail_);
}

}  // namespace gatehouse::mcp
