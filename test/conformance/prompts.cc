// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"

namespace gatehouse::conformance {
namespace {

using mcp::PromptCall;
using mcp::PromptResult;

PromptResult with_text(std::string text) {
  PromptResult result;
  result.messages.push_back({mcp::PromptMessage::Role::user, mcp::text_content(std::move(text))});
  return result;
}

base::Coroutine<PromptResult> simple(PromptCall&) {
  co_return with_text("This is a simple prompt for testing.");
}

base::Coroutine<PromptResult> with_arguments(PromptCall& call) {
  co_return with_text("Prompt with arguments: arg1='" + std::string(call.argument("arg1")) +
                      "', arg2='" + std::string(call.argument("arg2")) + "'");
}

base::Coroutine<PromptResult> with_resource(PromptCall& call) {
  PromptResult result;
  mcp::ResourceContents contents;
  contents.uri = std::string(call.argument("resourceUri"));
  contents.mime_type = "text/plain";
  contents.text = "Embedded resource content for testing.";
  result.messages.push_back(
      {mcp::PromptMessage::Role::user, mcp::embedded_resource(std::move(contents))});
  result.messages.push_back({mcp::PromptMessage::Role::user,
                             mcp::text_content("Please process the embedded resource above.")});
  co_return result;
}

base::Coroutine<PromptResult> with_image(PromptCall&) {
  PromptResult result;
  result.messages.push_back(
      {mcp::PromptMessage::Role::user, mcp::image_content(kRedPixelPng, "image/png")});
  result.messages.push_back(
      {mcp::PromptMessage::Role::user, mcp::text_content("Please analyze the image above.")});
  co_return result;
}

base::Coroutine<PromptResult> asking(PromptCall& call) {
  const std::string context = entered(call, "user_context", "context");
  if (!context.empty()) co_return with_text("Context: " + context);
  PromptResult result;
  result.input_required.emplace();
  result.input_required->requests.push_back(
      form("user_context", "What context should the prompt use?",
           R"({"type":"object","properties":{"context":{"type":"string"}},)"
           R"("required":["context"]})"));
  co_return result;
}

base::Coroutine<mcp::Completion> complete_arg1(mcp::CompletionCall& call) {
  mcp::Completion completion;
  for (const char* value : {"paris", "park", "party", "test"}) {
    if (std::string_view(value).starts_with(call.value)) completion.values.emplace_back(value);
  }
  completion.total = completion.values.size();
  co_return completion;
}

}  // namespace

void add_prompts(mcp::PromptRegistry& prompts) {
  prompts.add({.name = "test_simple_prompt",
               .description = "A prompt without arguments",
               .handler = &simple});
  mcp::Prompt arguments{.name = "test_prompt_with_arguments",
                        .description = "A prompt with two arguments",
                        .handler = &with_arguments};
  arguments.arguments.push_back(
      {.name = "arg1", .description = "The first", .required = true, .completer = &complete_arg1});
  arguments.arguments.push_back({.name = "arg2", .description = "The second", .required = true});
  prompts.add(std::move(arguments));
  mcp::Prompt resource{.name = "test_prompt_with_embedded_resource",
                       .description = "A prompt with a resource",
                       .handler = &with_resource};
  resource.arguments.push_back(
      {.name = "resourceUri", .description = "Which one", .required = true});
  prompts.add(std::move(resource));
  prompts.add({.name = "test_prompt_with_image",
               .description = "A prompt with an image",
               .handler = &with_image});
  prompts.add({.name = "test_input_required_result_prompt",
               .description = "A prompt that asks first",
               .handler = &asking});
}

}  // namespace gatehouse::conformance
