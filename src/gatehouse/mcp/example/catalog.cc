// SPDX-License-Identifier: Apache-2.0
#include "catalog.h"

#include <gatehouse/base/encoding.h>
#include <gatehouse/base/json_writer.h>
#include <gatehouse/mcp/arguments.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace notebook {
namespace {

namespace base = gatehouse::base;
namespace mcp = gatehouse::mcp;
using mcp::Arg;

constexpr std::size_t kTitleBytesMax = 80;

std::string uri_of(const Note& note) { return "notes://note/" + base::percent_encode(note.title); }

// --- two tools with typed arguments: a struct, a table of its members, a coroutine ---

struct WriteArgs {
  std::string title;
  std::string text;
};
constexpr auto kWriteArgs = std::tuple{
    Arg{"title", &WriteArgs::title, "Names the note"}.length(1, kTitleBytesMax),
    Arg{"text", &WriteArgs::text, "What to remember"}.length(1, 4000),
};

base::Coroutine<mcp::ToolResult> write_note(Notes& notes, mcp::ToolCall&, const WriteArgs& args) {
  if (!notes.write(args.title, args.text))
    co_return mcp::tool_error("The notebook is full. Delete a note, then write again.");
  mcp::ToolResult result = mcp::tool_text("Written.");
  result.contents.push_back(
      mcp::resource_link(uri_of(*notes.find(args.title)), args.title, "The note", "text/plain"));
  co_return result;
}

enum class Order { newest, oldest };
struct FindArgs {
  std::optional<std::string> words;
  Order order = Order::newest;
  int max_results = 0;
};
constexpr auto kFindArgs = std::tuple{
    Arg{"words", &FindArgs::words, "A piece of the text; all notes without it"}.length(1, 200),
    Arg{"order", &FindArgs::order, "Which come first"}
        .one_of("newest", "oldest")
        .defaults_to("newest"),
    Arg{"max_results", &FindArgs::max_results, "Most titles"}.range(1, 100).defaults_to(20),
};
constexpr const char* kFound =
    R"({"type":"object","properties":{"titles":{"type":"array","items":{"type":"string"}}},)"
    R"("required":["titles"]})";

std::vector<std::string> titles_found(const Notes& notes, const FindArgs& args) {
  std::vector<std::string> titles;
  for (const Note& note : notes.oldest_first()) {
    if (note.text.find(args.words.value_or("")) != std::string::npos) titles.push_back(note.title);
  }
  if (args.order == Order::newest) titles = {titles.rbegin(), titles.rend()};
  if (titles.size() > std::size_t(args.max_results)) titles.resize(std::size_t(args.max_results));
  return titles;
}

base::Coroutine<mcp::ToolResult> find_notes(Notes& notes, mcp::ToolCall&, const FindArgs& args) {
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object().key("titles").begin_array();
  for (const std::string& title : titles_found(notes, args)) {
    json.value(title);
    result.text += title + "\n";
  }
  json.end_array().end_object();
  if (result.text.empty()) result.text = "No note has that.";
  co_return result;
}

// --- a tool that asks the user ---

struct DeleteArgs {
  std::string title;
};
constexpr auto kDeleteArgs = std::tuple{
    Arg{"title", &DeleteArgs::title, "Of the note"}.length(1, kTitleBytesMax),
};

mcp::InputRequired ask_to_delete(const Note& note) {
  mcp::InputRequest form;
  form.key = "sure";
  form.params = mcp::form_params(
      "Delete the note \"" + note.title + "\"?",
      R"({"type":"object","properties":{"delete":{"type":"boolean","title":"Delete it"}},)"
      R"("required":["delete"]})");
  mcp::InputRequired input;
  input.requests.push_back(std::move(form));
  input.state = std::to_string(note.edition);
  return input;
}

bool agreed(const mcp::ToolCall& call) {
  const std::optional<base::JsonValue> answer = call.input("sure");
  const auto elicited = answer ? mcp::read_elicited(*answer) : std::nullopt;
  return elicited && elicited->action == mcp::Elicited::Action::accept &&
         elicited->content.find_bool("delete").value_or(false);
}

// Runs from the top for every round: what it does before it has the answer, it does again. The
// state says which edition the user was asked about; a note written meanwhile is asked about anew.
base::Coroutine<mcp::ToolResult> delete_note(Notes& notes, mcp::ToolCall& call,
                                             const DeleteArgs& args) {
  const Note* note = notes.find(args.title);
  if (note == nullptr)
    co_return mcp::tool_error("There is no such note. find_notes gives the titles.");
  if (!call.input("sure") || call.state != std::to_string(note->edition))
    co_return mcp::tool_needs(ask_to_delete(*note));
  if (!agreed(call)) co_return mcp::tool_text("The user keeps the note.");
  notes.erase(args.title);
  co_return mcp::tool_text("Deleted.");
}

void add_tools(mcp::ToolRegistry& tools, Notes& notes) {
  const mcp::ToolAnnotations writes{.read_only = false};
  const mcp::ToolAnnotations deletes{.read_only = false, .destructive = true};
  tools.add(mcp::make_tool({.name = "write_note",
                            .title = "Write a note",
                            .description = "Keeps a text under a title",
                            .annotations = writes},
                           kWriteArgs, notes, &write_note));
  tools.add(mcp::make_tool({.name = "find_notes",
                            .title = "Find notes",
                            .description = "Gives the titles of notes",
                            .output_schema = kFound},
                           kFindArgs, notes, &find_notes));
  tools.add(mcp::make_tool({.name = "delete_note",
                            .title = "Delete a note",
                            .description = "Deletes a note once the user has agreed",
                            .annotations = deletes},
                           kDeleteArgs, notes, &delete_note));
}

// --- a resource template, a prompt, and completion for both ---

base::Coroutine<mcp::Completion> complete_title(const Notes& notes, mcp::CompletionCall& call) {
  mcp::Completion completion;
  for (const Note& note : notes.oldest_first()) {
    if (note.title.starts_with(call.value)) completion.values.push_back(note.title);
  }
  completion.total = completion.values.size();
  co_return completion;
}

mcp::Completer title_completer(const Notes& notes) {
  return [&notes](mcp::CompletionCall& call) { return complete_title(notes, call); };
}

mcp::ResourceContents contents_of(const Note& note) {
  mcp::ResourceContents contents;
  contents.uri = uri_of(note);
  contents.mime_type = "text/plain";
  contents.text = note.text;
  return contents;
}

base::Coroutine<mcp::ResourceResult> read_note(const Notes& notes, mcp::ResourceCall& call) {
  mcp::ResourceResult result;
  const Note* note = notes.find(call.variables.find("title")->second);
  if (note != nullptr) result.contents.push_back(contents_of(*note));
  co_return result;
}

base::Coroutine<mcp::PromptResult> review(const Notes& notes, mcp::PromptCall& call) {
  mcp::PromptResult result;
  const Note* note = notes.find(call.argument("title"));
  if (note == nullptr) {
    result.error = mcp::RpcError(mcp::RpcCode::invalid_params, "There is no note of that title");
    co_return result;
  }
  const auto user = mcp::PromptMessage::Role::user;
  result.messages.push_back({user, mcp::text_content("What does this note leave open?")});
  result.messages.push_back({user, mcp::embedded_resource(contents_of(*note))});
  co_return result;
}

mcp::ResourceTemplate note_template(const Notes& notes) {
  mcp::ResourceTemplate note;
  note.uri_template = "notes://note/{title}";
  note.name = "note";
  note.title = "A note";
  note.description = "The text of the note of that title";
  note.mime_type = "text/plain";
  note.reader = [&notes](mcp::ResourceCall& call) { return read_note(notes, call); };
  note.completers["title"] = title_completer(notes);
  return note;
}

mcp::Prompt review_prompt(const Notes& notes) {
  mcp::PromptArgument title;
  title.name = "title";
  title.description = "Of the note";
  title.required = true;
  title.completer = title_completer(notes);
  mcp::Prompt prompt;
  prompt.name = "review_note";
  prompt.title = "Review a note";
  prompt.description = "Asks what a note leaves open";
  prompt.arguments.push_back(std::move(title));
  prompt.handler = [&notes](mcp::PromptCall& call) { return review(notes, call); };
  return prompt;
}

}  // namespace

mcp::Catalog make_catalog(Notes& notes) {
  mcp::Catalog catalog;
  add_tools(catalog.tools, notes);
  catalog.resources.add(note_template(notes));
  catalog.prompts.add(review_prompt(notes));
  return catalog;
}

}  // namespace notebook
