// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/test_catalog.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/mcp/arguments.h"

namespace gatehouse::mcp {

struct TestCatalog::JobArgs {
  std::string end;
};

namespace {

struct NoArgs {};
struct EchoArgs {
  std::string text;
};
constexpr auto kEchoArgs = std::tuple{Arg{"text", &EchoArgs::text, "What to say"}};

struct AskArgs {
  std::string topic;
};
constexpr auto kAskArgs = std::tuple{Arg{"topic", &AskArgs::topic, "What it is about"}};

// --- plain tools ---

base::Coroutine<ToolResult> echo(ToolCall&, const EchoArgs& args) {
  co_return tool_text(args.text);
}

base::Coroutine<ToolResult> secret(ToolCall& call, const NoArgs&) {
  co_return tool_text("the secret of " + call.caller.principal);
}

base::Coroutine<ToolResult> structured(ToolCall&, const NoArgs&) {
  ToolResult result;
  result.structured = R"({"n":1})";
  co_return result;
}

base::Coroutine<ToolResult> fail(ToolCall&, const NoArgs&) {
  throw std::runtime_error("private detail");
  co_return ToolResult();
}

base::Coroutine<ToolResult> refuse(ToolCall&, const NoArgs&) {
  ToolResult result;
  result.protocol_error = RpcError(RpcCode::invalid_params, "Not like this");
  co_return result;
}

base::Coroutine<ToolResult> tell(ToolCall& call, const NoArgs&) {
  call.log(LogLevel::debug, "stage", R"({"step":1})");
  call.log(LogLevel::info, "stage", R"("two")");
  call.log(LogLevel::error, "", R"({"step":3})");
  co_return tool_text("told");
}

base::Coroutine<ToolResult> gallery(ToolCall&, const NoArgs&) {
  ToolResult result = tool_text("all of them");
  result.contents.push_back(image_content("aW1hZ2U=", "image/png"));
  result.contents.push_back(audio_content("c291bmQ=", "audio/wav"));
  result.contents.push_back(embedded_resource({"stage://note", "text/plain", "a note", {}}));
  result.contents.push_back(embedded_resource({"stage://logo", "image/png", {}, "bG9nbw=="}));
  result.contents.push_back(resource_link("stage://note", "note", "A note", "text/plain"));
  co_return result;
}

// --- asking tools ---

constexpr std::string_view kNameForm =
    R"({"type":"object","properties":{"name":{"type":"string","title":"Name"}},"required":["name"]})";

InputRequest name_form(std::string key) {
  return {std::move(key), InputKind::elicitation, form_params("Who are you?", kNameForm)};
}

InputRequired needs(InputRequest request, std::string state = {}) {
  InputRequired input;
  input.requests.push_back(std::move(request));
  input.state = std::move(state);
  return input;
}

// What the user wrote, or a text for the model that says why there is nothing.
struct FormName {
  std::string name;
  std::string problem;
};

FormName read_name(const base::JsonValue& answer) {
  const std::optional<Elicited> elicited = read_elicited(answer);
  if (!elicited) return {"", "That is no answer to a form."};
  if (elicited->action == Elicited::Action::decline) return {"", "The user declined."};
  if (elicited->action == Elicited::Action::cancel) return {"", "The user did not decide."};
  const auto name = elicited->content.find_string("name");
  if (!name) return {"", "The form came back without a name."};
  return {std::string(*name), ""};
}

base::Coroutine<ToolResult> ask(ToolCall& call, const AskArgs& args) {
  const auto answer = call.input("name");
  if (!answer) co_return tool_needs(needs(name_form("name"), "about " + args.topic));
  const FormName form = read_name(*answer);
  if (!form.problem.empty()) co_return tool_error(form.problem);
  co_return tool_text(form.name + ", " + call.state);
}

base::Coroutine<ToolResult> ask_url(ToolCall& call, const NoArgs&) {
  const auto answer = call.input("page");
  if (!answer) {
    const std::string params = url_params("Please look", "https://stage.example/look");
    co_return tool_needs(needs({"page", InputKind::elicitation_url, params}));
  }
  const std::optional<Elicited> elicited = read_elicited(*answer);
  const bool accepted = elicited && elicited->action == Elicited::Action::accept;
  co_return accepted ? tool_text("on the way") : tool_error("The user did not go there.");
}

base::Coroutine<ToolResult> ask_model(ToolCall& call, const NoArgs&) {
  const auto answer = call.input("colour");
  if (!answer) {
    const std::string params =
        R"({"messages":[{"role":"user","content":{"type":"text","text":"Name a colour"}}],"maxTokens":9})";
    co_return tool_needs(needs({"colour", InputKind::sampling, params}));
  }
  const auto content = answer->find("content");
  const auto text = content ? content->find_string("text") : std::nullopt;
  co_return text ? tool_text("the model says " + std::string(*text))
                 : tool_error("The model gave no text.");
}

std::string named_roots(const base::JsonValue& answer) {
  std::string text;
  const auto roots = answer.find("roots");
  for (const base::JsonValue& root : roots ? roots->elements() : std::vector<base::JsonValue>()) {
    const auto uri = root.find_string("uri");
    if (uri && uri->starts_with("file:///")) text.append(" ").append(*uri);
  }
  return text;
}

base::Coroutine<ToolResult> ask_roots(ToolCall& call, const NoArgs&) {
  const auto answer = call.input("roots");
  if (!answer) co_return tool_needs(needs({"roots", InputKind::roots}));
  co_return tool_text("roots:" + named_roots(*answer));
}

base::Coroutine<ToolResult> ask_twice(ToolCall& call, const NoArgs&) {
  InputRequired both;
  if (!call.input("name")) both.requests.push_back(name_form("name"));
  if (!call.input("roots")) both.requests.push_back({"roots", InputKind::roots});
  if (!both.requests.empty()) co_return tool_needs(both);
  const FormName form = read_name(*call.input("name"));
  co_return tool_text(form.name + form.problem + named_roots(*call.input("roots")));
}

base::Coroutine<ToolResult> ask_forever(ToolCall& call, const NoArgs&) {
  const std::string next = "round " + std::to_string(call.inputs.size() + 1);
  co_return tool_needs(needs(name_form(next), next));
}

base::Coroutine<ToolResult> later(ToolCall& call, const NoArgs&) {
  InputRequired nothing;
  nothing.state = "come again";
  if (call.state.empty()) co_return tool_needs(nothing);
  co_return tool_text("now");
}

base::Coroutine<ToolResult> hoard(ToolCall&, const NoArgs&) {
  InputRequired nothing;
  nothing.state = std::string(kInputStateBytesMax + 1, 'x');
  co_return tool_needs(nothing);
}

// --- a tool whose arguments are repeated in headers ---

constexpr std::string_view kRouteSchema =
    R"({"type":"object","properties":{)"
    R"("region":{"type":"string","x-mcp-header":"Region"},)"
    R"("shard":{"type":"integer","x-mcp-header":"Shard"},)"
    R"("dry":{"type":"boolean","x-mcp-header":"Dry"},)"
    R"("at":{"type":"object","properties":{"zone":{"type":"string","x-mcp-header":"Zone"}}}}})";

base::Coroutine<ToolResult> route(ToolCall& call) {
  co_return tool_text("routed " + call.arguments.to_text());
}

std::vector<Icon> icons() {
  return {{"https://stage.example/icon.png", "image/png", {"48x48"}, "light"}};
}

// --- prompts ---

PromptMessage says(PromptMessage::Role role, Content content) {
  PromptMessage message;
  message.role = role;
  message.content = std::move(content);
  return message;
}

base::Coroutine<PromptResult> greet(PromptCall& call) {
  using Role = PromptMessage::Role;
  PromptResult result;
  result.description = "A greeting";
  const std::string tone(call.argument("tone"));
  result.messages.push_back(
      says(Role::user, text_content("Greet " + std::string(call.argument("name")) + tone)));
  result.messages.push_back(says(Role::assistant, text_content("Hello")));
  co_return result;
}

base::Coroutine<PromptResult> picture(PromptCall&) {
  using Role = PromptMessage::Role;
  PromptResult result;
  result.messages.push_back(says(Role::user, image_content("aW1hZ2U=", "image/png")));
  result.messages.push_back(says(Role::user, audio_content("c291bmQ=", "audio/wav")));
  result.messages.push_back(
      says(Role::user, embedded_resource({"stage://note", "text/plain", "a note", {}})));
  co_return result;
}

base::Coroutine<PromptResult> interview(PromptCall& call) {
  PromptResult result;
  const auto answer = call.input("name");
  if (!answer) {
    result.input_required = needs(name_form("name"));
    co_return result;
  }
  const FormName form = read_name(*answer);
  if (!form.problem.empty()) result.error = RpcError(RpcCode::invalid_params, form.problem);
  result.messages.push_back(
      says(PromptMessage::Role::user, text_content("Interview " + form.name)));
  co_return result;
}

base::Coroutine<PromptResult> picky(PromptCall&) {
  PromptResult result;
  result.error = RpcError(RpcCode::invalid_params, "Not like this");
  co_return result;
}

base::Coroutine<PromptResult> broken_prompt(PromptCall&) {
  throw std::runtime_error("private detail");
  co_return PromptResult();
}

base::Coroutine<Completion> names(CompletionCall& call) {
  Completion completion;
  for (int i = 0; i < 150; ++i) {
    const std::string name = "name-" + std::to_string(i);
    if (name.starts_with(call.value)) completion.values.push_back(name);
  }
  completion.total = completion.values.size();
  co_return completion;
}

base::Coroutine<Completion> tones(CompletionCall& call) {
  Completion completion;
  const auto name = call.known.find("name");
  completion.values = {name == call.known.end() ? "friendly" : "kind to " + name->second};
  co_return completion;
}

base::Coroutine<Completion> keys(CompletionCall& call) {
  Completion completion;
  completion.values.push_back("the key of " + call.caller.principal);
  co_return completion;
}

base::Coroutine<Completion> broken_completion(CompletionCall&) {
  throw std::runtime_error("private detail");
  co_return Completion();
}

// --- resources ---

base::Coroutine<ResourceResult> note(ResourceCall& call) {
  ResourceResult result;
  result.contents.push_back({call.uri, "text/plain", "a note", {}});
  co_return result;
}

base::Coroutine<ResourceResult> logo(ResourceCall& call) {
  ResourceResult result;
  result.contents.push_back({call.uri, "image/png", {}, "bG9nbw=="});
  co_return result;
}

base::Coroutine<ResourceResult> gone(ResourceCall&) { co_return ResourceResult(); }

base::Coroutine<ResourceResult> broken_resource(ResourceCall&) {
  throw std::runtime_error("private detail");
  co_return ResourceResult();
}

base::Coroutine<ResourceResult> form_resource(ResourceCall& call) {
  ResourceResult result;
  const auto answer = call.input("name");
  if (!answer) {
    result.input_required = needs(name_form("name"));
    co_return result;
  }
  const FormName form = read_name(*answer);
  result.contents.push_back({call.uri, "text/plain", form.name + form.problem, {}});
  co_return result;
}

base::Coroutine<ResourceResult> page(ResourceCall& call) {
  ResourceResult result;
  const std::string& number = call.variables.at("number");
  if (number == "999") co_return result;
  result.contents.push_back({call.uri, "text/plain", "page " + number, {}});
  co_return result;
}

base::Coroutine<Completion> page_numbers(CompletionCall& call) {
  Completion completion;
  completion.values = {call.value + "1", call.value + "2"};
  completion.has_more = true;
  co_return completion;
}

Resource resource(std::string uri, std::string name, ResourceReader reader) {
  return {.uri = std::move(uri),
          .name = name,
          .description = "The " + name,
          .mime_type = "text/plain",
          .reader = std::move(reader)};
}

}  // namespace

TestCatalog::TestCatalog(const base::Executor& executor, Extent extent) : gate_(executor) {
  gate_.expires_at(std::chrono::steady_clock::time_point::max());
  if (extent == Extent::nothing) return;
  add_tools();
  if (extent == Extent::tools) return;
  add_asking_tools();
  add_other_tools();
  add_jobs();
  add_prompts();
  add_resources();
}

void TestCatalog::add_tools() {
  ToolRegistry& tools = catalog.tools;
  tools.add(make_tool({.name = "echo", .title = "Echo", .description = "Says it back"}, kEchoArgs,
                      &echo));
  ToolAnnotations writes;
  writes.read_only = false;
  writes.destructive = true;
  tools.add(make_tool({.name = "sleep", .description = "Waits", .annotations = writes},
                      std::tuple<>{}, *this, &TestCatalog::sleep));
  tools.add(make_tool({.name = "count", .description = "Counts, then waits"}, std::tuple<>{}, *this,
                      &TestCatalog::count));
  tools.add(make_tool({.name = "secret", .description = "Tells", .scope = "secrets"},
                      std::tuple<>{}, &secret));
  tools.add(make_tool(
      {.name = "structured", .description = "Gives data", .output_schema = R"({"type":"object"})"},
      std::tuple<>{}, &structured));
  tools.add(make_tool({.name = "fail", .description = "Throws"}, std::tuple<>{}, &fail));
}

void TestCatalog::add_asking_tools() {
  ToolRegistry& tools = catalog.tools;
  const std::tuple<> none;
  tools.add(make_tool({.name = "ask", .description = "Asks by form"}, kAskArgs, &ask));
  tools.add(make_tool({.name = "ask_url", .description = "Sends to a page"}, none, &ask_url));
  tools.add(make_tool({.name = "ask_model", .description = "Asks the model"}, none, &ask_model));
  tools.add(make_tool({.name = "ask_roots", .description = "Asks for roots"}, none, &ask_roots));
  tools.add(make_tool({.name = "ask_twice", .description = "Asks for two"}, none, &ask_twice));
  tools.add(make_tool({.name = "ask_forever", .description = "Never ends"}, none, &ask_forever));
  tools.add(make_tool({.name = "later", .description = "Not at once"}, none, &later));
  tools.add(make_tool({.name = "hoard", .description = "Keeps too much"}, none, &hoard));
}

void TestCatalog::add_other_tools() {
  ToolRegistry& tools = catalog.tools;
  const std::tuple<> none;
  tools.add(make_tool({.name = "tell", .description = "Logs"}, none, &tell));
  tools.add(make_tool({.name = "refuse", .description = "Refuses"}, none, &refuse));
  tools.add(
      make_tool({.name = "drop", .description = "Hangs up"}, none, *this, &TestCatalog::drop));
  Tool shows = make_tool({.name = "gallery", .description = "Shows"}, none, &gallery);
  shows.icons = icons();
  tools.add(std::move(shows));
  Tool routed;
  routed.name = "route";
  routed.description = "Is routed";
  routed.input_schema = kRouteSchema;
  routed.handler = &route;
  tools.add(std::move(routed));
}

void TestCatalog::add_jobs() {
  const auto end = std::tuple{Arg{"end", &JobArgs::end, "How it ends"}
                                  .one_of("well", "badly", "never", "asking", "late")
                                  .defaults_to("well")};
  Tool job_tool = make_tool({.name = "job", .description = "May take long"}, end, *this, &job);
  job_tool.tasks = TaskSupport::optional;
  catalog.tools.add(std::move(job_tool));
  Tool only = make_tool({.name = "only_job", .description = "Takes long"}, end, *this, &job);
  only.tasks = TaskSupport::required;
  catalog.tools.add(std::move(only));
}

void TestCatalog::add_prompts() {
  PromptRegistry& prompts = catalog.prompts;
  prompts.add({.name = "greet",
               .title = "Greet",
               .description = "Greets somebody",
               .arguments = {{.name = "name",
                              .title = "Name",
                              .description = "Whom",
                              .required = true,
                              .completer = &names},
                             {.name = "tone", .completer = &tones}},
               .icons = icons(),
               .handler = &greet});
  prompts.add({.name = "picture", .description = "Shows things", .handler = &picture});
  prompts.add({.name = "interview", .description = "Asks first", .handler = &interview});
  prompts.add({.name = "picky", .description = "Refuses", .handler = &picky});
  prompts.add({.name = "broken",
               .description = "Throws",
               .arguments = {{.name = "what", .completer = &broken_completion}},
               .handler = &broken_prompt});
  prompts.add({.name = "locked",
               .description = "Tells",
               .arguments = {{.name = "key", .completer = &keys}},
               .scope = "secrets",
               .handler = &broken_prompt});
}

void TestCatalog::add_resources() {
  ResourceRegistry& resources = catalog.resources;
  Resource first = resource("stage://note", "note", &note);
  first.title = "Note";
  first.size = 6;
  first.icons = icons();
  resources.add(std::move(first));
  Resource binary = resource("stage://logo", "logo", &logo);
  binary.mime_type = "image/png";
  resources.add(std::move(binary));
  resources.add(resource("stage://gone", "gone", &gone));
  resources.add(resource("stage://broken", "broken", &broken_resource));
  resources.add(resource("stage://form", "form", &form_resource));
  Resource locked = resource("stage://locked", "locked", &note);
  locked.scope = "secrets";
  resources.add(std::move(locked));
  resources.add({.uri_template = "stage://page/{number}",
                 .name = "page",
                 .title = "Page",
                 .description = "A page",
                 .mime_type = "text/plain",
                 .icons = icons(),
                 .reader = &page,
                 .completers = {{"number", &page_numbers}}});
  resources.add({.uri_template = "stage://safe/{key}",
                 .name = "safe",
                 .description = "Locked away",
                 .scope = "secrets",
                 .reader = &note,
                 .completers = {{"key", &keys}}});
}

void TestCatalog::grow(Change::Kind list) {
  if (list == Change::Kind::resource) return;
  const std::string name = "late-" + std::to_string(++grown_);
  switch (list) {
    case Change::Kind::tools:
      return catalog.tools.add(
          make_tool({.name = name, .description = "Came late"}, kEchoArgs, &echo));
    case Change::Kind::prompts:
      return catalog.prompts.add({.name = name, .description = "Came late", .handler = &picture});
    case Change::Kind::resources:
      return catalog.resources.add(resource("stage://" + name, name, &note));
    case Change::Kind::resource:
      return;
  }
}

ServerInfo TestCatalog::server_info(Extent extent) {
  ServerInfo info;
  info.name = "stage";
  info.title = "Stage";
  info.version = "1.0";
  info.website_url = "https://stage.example";
  info.instructions = "Be kind.";
  if (extent != Extent::everything) return info;
  info.description = "All there is";
  info.icons = icons();
  return info;
}

base::Coroutine<void> TestCatalog::wait(const Call& call) {
  const boost::asio::use_awaitable_t<base::Executor> token;
  boost::system::error_code woken;
  ++waiting;
  co_await gate_.async_wait(boost::asio::redirect_error(token, woken));
  --waiting;
  if (call.cancelled()) ++cancelled;
}

base::Coroutine<ToolResult> TestCatalog::sleep(TestCatalog& self, ToolCall& call, const NoArgs&) {
  co_await self.wait(call);
  co_return tool_text("awake");
}

base::Coroutine<ToolResult> TestCatalog::count(TestCatalog& self, ToolCall& call,
                                               const NoArgs& none) {
  call.report_progress(0, 2, "begun");
  call.report_progress(1, 2, "half");
  call.report_progress(1, 2, "not growing");
  call.report_progress(2, 0, "");
  ToolResult result = co_await sleep(self, call, none);
  co_return result;
}

base::Coroutine<ToolResult> TestCatalog::drop(TestCatalog& self, ToolCall& call,
                                              const NoArgs& none) {
  call.report_progress(1, 2, "hangs up");
  call.hang_up();
  ToolResult result = co_await sleep(self, call, none);
  co_return result;
}

base::Coroutine<ToolResult> TestCatalog::job(TestCatalog& self, ToolCall& call,
                                             const JobArgs& args) {
  if (args.end != "late") call.become_task();
  const auto answer = call.input("name");
  if (args.end == "asking" && !answer) co_return tool_needs(needs(name_form("name")));
  co_await self.wait(call);
  if (args.end == "badly") co_return tool_error("It went badly.");
  ToolResult result = tool_text("done");
  if (args.end == "never") result.protocol_error = RpcError(RpcCode::internal, "It never ended");
  if (answer) result.text += " for " + read_name(*answer).name;
  co_return result;
}

}  // namespace gatehouse::mcp
