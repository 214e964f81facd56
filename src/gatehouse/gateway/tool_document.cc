// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_document.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/gateway/shown_catalog.h"

namespace gatehouse::gateway {

namespace {

constexpr std::string_view kBeginning =
    "<!-- Made from the tools' definitions by `gatehouse print tools`. A test keeps the two equal. "
    "-->\n"
    "# Tools\n\n"
    "What a client is shown, in its order. `gatehouse tools` prints the same as a short list. A "
    "tool "
    "is offered in its mode\n"
    "(`GATEHOUSE_MODE`) and in those that allow more: `readonly`, `draft`, `full`. Its scope is "
    "what "
    "the client's token must allow;\n"
    "what the person has not allowed yet is asked for when a tool first needs it. Tokens are "
    "estimated at four characters each.\n\n";

std::string in_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string in_code(std::string_view text) { return "`" + in_cell(text) + "`"; }

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

// A string of an enumeration as it is, anything else as JSON.
std::string literal(const base::JsonValue& value) {
  const auto text = value.as_string();
  return in_code(text ? *text : std::string_view(value.to_text()));
}

std::string bounds_of(const base::JsonValue& schema) {
  const auto low = schema.find("minimum");
  const auto high = schema.find("maximum");
  if (low && high) return " " + low->to_text() + " to " + high->to_text();
  if (high) return " up to " + high->to_text();
  return low ? " from " + low->to_text() : "";
}

std::string type_of(const base::JsonValue& schema) {
  const auto choices = schema.find("enum");
  if (choices) {
    std::vector<std::string> words;
    for (const base::JsonValue& choice : choices->elements()) words.push_back(literal(choice));
    return joined(words, " ");
  }
  const auto items = schema.find("items");
  if (!items) return std::string(schema.find_string("type").value_or("any")) + bounds_of(schema);
  const auto most = schema.find_integer("maxItems");
  return "list of " + type_of(*items) + (most ? ", at most " + std::to_string(*most) : "");
}

bool is_required(const base::JsonValue& schema, std::string_view name) {
  const auto required = schema.find("required");
  if (!required) return false;
  const std::vector<base::JsonValue> names = required->elements();
  return std::any_of(names.begin(), names.end(),
                     [name](const base::JsonValue& each) { return each.as_string() == name; });
}

std::string arguments_of(const mcp::Tool& tool) {
  const auto document = base::JsonDocument::parse(tool.input_schema);
  if (!document) return "";
  const base::JsonValue schema = document->root();
  const auto properties = schema.find("properties");
  if (!properties || properties->size() == 0) return "No arguments.\n\n";
  std::string out = "| argument | values | default | |\n|---|---|---|---|\n";
  for (const base::JsonMember& member : properties->members()) {
    const auto preset = member.value.find("default");
    const std::string otherwise = preset ? literal(*preset) : "";
    out += "| " + in_code(member.name) + " | " + type_of(member.value) + " | " +
           (is_required(schema, member.name) ? "required" : otherwise) + " | " +
           in_cell(member.value.find_string("description").value_or("")) + " |\n";
  }
  return out + "\n";
}

std::string nature_of(const mcp::ToolAnnotations& annotations) {
  std::vector<std::string> words{annotations.read_only ? "reads" : "writes"};
  if (annotations.destructive) words.push_back("may destroy");
  if (annotations.idempotent) words.push_back("may be repeated");
  if (annotations.open_world) words.push_back("seen by others");
  return joined(words, ", ");
}

std::string section_of(const mcp::Tool& tool, std::string_view mode) {
  return "## " + in_code(tool.name) + "\n\n**" + tool.title + ".** " + tool.description + "\n\n" +
         "| mode | scope | nature | tokens |\n|---|---|---|---|\n| " + in_code(mode) + " | " +
         (tool.scope.empty() ? "none" : in_code(tool.scope)) + " | " + nature_of(tool.annotations) +
         " | " + std::to_string(tokens_of(tool)) + " |\n\n" + arguments_of(tool);
}

std::string resources_of(const mcp::Catalog& catalog) {
  std::string out = "## Resources\n\n| URI | scope | |\n|---|---|---|\n";
  for (const mcp::ResourceTemplate& kind : catalog.resources.templates()) {
    out += "| " + in_code(kind.uri_template) + " | " + in_code(kind.scope) + " | " +
           in_cell(kind.description) + " |\n";
  }
  return out + "\n";
}

std::string prompts_of(const mcp::Catalog& catalog) {
  std::string out = "## Prompts\n\n| prompt | arguments | |\n|---|---|---|\n";
  for (const mcp::Prompt& prompt : catalog.prompts.prompts()) {
    std::vector<std::string> arguments;
    for (const mcp::PromptArgument& argument : prompt.arguments)
      arguments.push_back(in_code(argument.name));
    out += "| " + in_code(prompt.name) + " | " + joined(arguments, " ") + " | " +
           in_cell(prompt.description) + " |\n";
  }
  return out;
}

}  // namespace

std::string tool_document() {
  const ShownCatalog shown(workspace::Mode::full);
  const LeastModes modes;
  std::string out(kBeginning);
  for (const mcp::Tool& tool : shown.catalog().tools.tools())
    out += section_of(tool, modes.of(tool));
  return out + resources_of(shown.catalog()) + prompts_of(shown.catalog());
}

}  // namespace gatehouse::gateway
