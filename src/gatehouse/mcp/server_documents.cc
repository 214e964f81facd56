// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/server_documents.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

// How long a client may keep a list without looking again.
constexpr int kListLifetimeMs = 5 * 60 * 1000;

bool has_tasks(const Catalog& catalog) {
  const auto& tools = catalog.tools.tools();
  return std::any_of(tools.begin(), tools.end(),
                     [](const Tool& tool) { return tool.tasks != TaskSupport::forbidden; });
}

bool has_resources(const Catalog& catalog) {
  return !catalog.resources.resources().empty() || !catalog.resources.templates().empty();
}

bool has_completions(const Catalog& catalog) {
  for (const Prompt& prompt : catalog.prompts.prompts()) {
    for (const PromptArgument& argument : prompt.arguments) {
      if (argument.completer) return true;
    }
  }
  const auto& templates = catalog.resources.templates();
  return std::any_of(templates.begin(), templates.end(), [](const ResourceTemplate& candidate) {
    return !candidate.completers.empty();
  });
}

void write_flag(base::JsonWriter& json, std::string_view name, bool flag) {
  if (flag) json.member(name, true);
}

void write_list_capability(base::JsonWriter& json, std::string_view name, bool changes) {
  json.key(name).begin_object();
  write_flag(json, "listChanged", changes);
  json.end_object();
}

// Nothing is advertised that is not done.
std::string capabilities_json(const Catalog& catalog, Abilities can, Revision revision) {
  const bool modern = !is_legacy(revision);
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  write_list_capability(json, "tools", can.announces_changes);
  if (!catalog.prompts.prompts().empty())
    write_list_capability(json, "prompts", can.announces_changes);
  if (has_resources(catalog)) {
    json.key("resources").begin_object();
    write_flag(json, "subscribe", can.watches_resources);
    write_flag(json, "listChanged", can.announces_changes);
    json.end_object();
  }
  if (can.logs) json.key("logging").begin_object().end_object();
  if (has_completions(catalog) && revision >= Revision::r2025_03_26)
    json.key("completions").begin_object().end_object();
  if (has_tasks(catalog) && modern) {
    json.key("extensions").begin_object().key(kTasksExtension).begin_object();
    json.end_object().end_object();
  }
  json.end_object();
  return text;
}

void write_icons(base::JsonWriter& json, const std::vector<Icon>& icons, Revision revision) {
  if (icons.empty() || revision < Revision::r2025_11_25) return;
  json.key("icons").begin_array();
  for (const Icon& icon : icons) {
    json.begin_object().member("src", icon.src);
    if (!icon.mime_type.empty()) json.member("mimeType", icon.mime_type);
    if (!icon.sizes.empty()) {
      json.key("sizes").begin_array();
      for (const std::string& size : icon.sizes) json.value(size);
      json.end_array();
    }
    if (!icon.theme.empty()) json.member("theme", icon.theme);
    json.end_object();
  }
  json.end_array();
}

void write_title(base::JsonWriter& json, const std::string& title, Revision revision) {
  if (revision >= Revision::r2025_06_18 && !title.empty()) json.member("title", title);
}

std::string implementation_json(const ServerInfo& info, Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("name", info.name);
  write_title(json, info.title, revision);
  json.member("version", info.version);
  if (revision >= Revision::r2025_11_25) {
    if (!info.description.empty()) json.member("description", info.description);
    if (!info.website_url.empty()) json.member("websiteUrl", info.website_url);
  }
  write_icons(json, info.icons, revision);
  json.end_object();
  return text;
}

std::string initialize_json(const ServerInfo& info, const Catalog& catalog, Abilities can,
                            Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("protocolVersion", name_of(revision));
  json.key("capabilities").raw(capabilities_json(catalog, can, revision));
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

void write_item(base::JsonWriter& json, const Tool& tool, Revision revision) {
  json.begin_object().member("name", tool.name);
  write_title(json, tool.title, revision);
  json.member("description", tool.description).key("inputSchema").raw(tool.input_schema);
  if (revision >= Revision::r2025_06_18 && !tool.output_schema.empty())
    json.key("outputSchema").raw(tool.output_schema);
  write_annotations(json, tool, revision);
  write_icons(json, tool.icons, revision);
  json.end_object();
}

void write_item(base::JsonWriter& json, const Prompt& prompt, Revision revision) {
  json.begin_object().member("name", prompt.name);
  write_title(json, prompt.title, revision);
  json.member("description", prompt.description);
  if (!prompt.arguments.empty()) {
    json.key("arguments").begin_array();
    for (const PromptArgument& argument : prompt.arguments) {
      json.begin_object().member("name", argument.name);
      write_title(json, argument.title, revision);
      if (!argument.description.empty()) json.member("description", argument.description);
      json.member("required", argument.required).end_object();
    }
    json.end_array();
  }
  write_icons(json, prompt.icons, revision);
  json.end_object();
}

// What resources and templates have in common.
template <class T>
void write_resource_rest(base::JsonWriter& json, const T& item, Revision revision) {
  json.member("name", item.name);
  write_title(json, item.title, revision);
  json.member("description", item.description);
  if (!item.mime_type.empty()) json.member("mimeType", item.mime_type);
  write_icons(json, item.icons, revision);
}

void write_item(base::JsonWriter& json, const Resource& resource, Revision revision) {
  json.begin_object().member("uri", resource.uri);
  write_resource_rest(json, resource, revision);
  if (resource.size) json.member("size", *resource.size);
  json.end_object();
}

void write_item(base::JsonWriter& json, const ResourceTemplate& item, Revision revision) {
  json.begin_object().member("uriTemplate", item.uri_template);
  write_resource_rest(json, item, revision);
  json.end_object();
}

std::string cache_hints() {
  return R"(,"ttlMs":)" + std::to_string(kListLifetimeMs) + R"(,"cacheScope":"private")";
}

std::string discover_json(const ServerInfo& info, const Catalog& catalog, Abilities can,
                          std::string_view tail) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().key("supportedVersions").begin_array().value(name_of(kModern)).end_array();
  json.key("capabilities").raw(capabilities_json(catalog, can, kModern));
  if (!info.instructions.empty()) json.member("instructions", info.instructions);
  text.append(cache_hints()).append(tail).append("}");
  return text;
}

// One page: a list without its end, which the caller writes.
template <class Items>
std::string page_text(std::string_view name, const Items& items, std::size_t first,
                      std::size_t count, Revision revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().key(name).begin_array();
  for (std::size_t i = first; i < std::min(first + count, items.size()); ++i)
    write_item(json, items[i], revision);
  json.end_array();
  if (!is_legacy(revision)) text += cache_hints();
  return text;
}

template <class Items>
std::vector<std::string> page_texts(std::string_view name, const Items& items, std::size_t size,
                                    Revision revision) {
  std::vector<std::string> pages;
  for (std::size_t first = 0; first == 0 || first < items.size(); first += size)
    pages.push_back(page_text(name, items, first, size, revision));
  return pages;
}

std::vector<std::string> list_texts(const Catalog& catalog, ListKind list, std::size_t size,
                                    Revision revision) {
  switch (list) {
    case ListKind::tools:
      return page_texts("tools", catalog.tools.tools(), size, revision);
    case ListKind::prompts:
      return page_texts("prompts", catalog.prompts.prompts(), size, revision);
    case ListKind::resources:
      return page_texts("resources", catalog.resources.resources(), size, revision);
    case ListKind::resource_templates:
      return page_texts("resourceTemplates", catalog.resources.templates(), size, revision);
  }
  return {};
}

}  // namespace

ServerDocuments::ServerDocuments(const ServerInfo& info, const Catalog& catalog,
                                 Abilities abilities, std::size_t page_size)
    : catalog_(catalog), page_size_(page_size), server_info_(implementation_json(info, kModern)) {
  assert(page_size_ > 0);
  meta_ = R"(,"_meta":{")" + std::string(kMetaServerInfo) + "\":" + server_info_ + "}";
  modern_tail_ = R"(,"resultType":"complete")" + meta_;
  for (std::size_t i = 0; i < kRevisions; ++i) {
    const auto revision = static_cast<Revision>(i);
    if (is_legacy(revision)) initialize_[i] = initialize_json(info, catalog, abilities, revision);
  }
  discover_ = discover_json(info, catalog, abilities, modern_tail_);
  refresh_lists();
}

void ServerDocuments::refresh_lists() {
  offers_.tasks = has_tasks(catalog_);
  offers_.prompts = !catalog_.prompts.prompts().empty();
  offers_.resources = has_resources(catalog_);
  offers_.completions = has_completions(catalog_);
  for (std::size_t list = 0; list < kLists; ++list) {
    for (std::size_t revision = 0; revision < kRevisions; ++revision) {
      lists_[list][revision] = render(static_cast<ListKind>(list), static_cast<Revision>(revision));
    }
  }
}

ServerDocuments::Pages ServerDocuments::render(ListKind list, Revision revision) const {
  Pages pages;
  for (std::string& text : list_texts(catalog_, list, page_size_, revision))
    pages.push_back({std::move(text), false});
  Page& last = pages.back();
  last.text = closed(std::move(last.text), revision);
  last.is_last = true;
  return pages;
}

const ServerDocuments::Page* ServerDocuments::page(ListKind list, Revision revision,
                                                   std::size_t number) const {
  const Pages& pages = lists_[static_cast<std::size_t>(list)][index_of(revision)];
  return number < pages.size() ? &pages[number] : nullptr;
}

std::string ServerDocuments::paged_result(const Page& page, std::string_view next_cursor,
                                          Revision revision) const {
  std::string text = page.text + R"(,"nextCursor":)";
  base::JsonWriter(text).value(next_cursor);
  return closed(std::move(text), revision);
}

std::string ServerDocuments::closed(std::string members, Revision revision) const {
  std::string_view end = tail(revision);
  if (members == "{" && !end.empty()) end.remove_prefix(1);
  members.append(end).append("}");
  return members;
}

std::string ServerDocuments::with_server_info(std::string members) const {
  members.append(meta_).append("}");
  return members;
}

std::string ServerDocuments::subscription_result(std::string_view id_json) const {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("resultType", "complete").key("_meta").begin_object();
  json.key(kMetaSubscription).raw(id_json).key(kMetaServerInfo).raw(server_info_);
  json.end_object().end_object();
  return text;
}

std::string_view ServerDocuments::tail(Revision revision) const {
  return is_legacy(revision) ? std::string_view() : std::string_view(modern_tail_);
}

}  // namespace gatehouse::mcp
