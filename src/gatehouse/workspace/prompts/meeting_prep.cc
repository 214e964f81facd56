// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/prompts/prompt_text.h"
#include "gatehouse/workspace/prompts/prompts.h"

namespace gatehouse::workspace::prompts {

namespace {

constexpr std::chrono::hours kBack{180 * 24};

constexpr std::string_view kText =
    R"(Prepare me for a meeting from my mail. $today
Topic, in my words: $topic.
$people
1. gmail_search {"query":$topic,"after":"$since","by":"thread","limit":20}
Few hits: try telling words alone, synonyms, earlier mail, each person by from: and to:.
2. gmail_read {"ids":["t:ID"],"max_chars":20000} for the six threads that matter most, each to its end by next.
3. The later mail counts; say where they differ.

Answer on one page:
- Where it stands, in two sentences.
- People: who each is, and what they want.
- Agreed, and still open: each with sender and date.
- Promised by me, not done.
- Questions to settle, the weightiest first.
- Attachments to have at hand (not read).
Keep what you conclude apart from what you read. If the mail does not tell when it is or who comes, ask me.

)";

Read<std::string> write(const mcp::PromptCall& call, base::SystemTime now) {
  const auto topic = words(call, "topic");
  if (!topic) return topic.error();
  if (topic->empty()) {
    return mcp::RpcError(mcp::RpcCode::invalid_params,
                         "Argument \"topic\" must say what the meeting is about");
  }
  const auto people = words(call, "people");
  if (!people) return people.error();
  return filled(kText, {{"topic", base::json_quote(*topic)},
                        {"since", minute(now - kBack)},
                        {"today", today(now)},
                        {"people", quoted_line("With, in my words:", *people)}});
}

}  // namespace

mcp::Prompt meeting_prep(const base::Clock& clock) {
  mcp::Prompt prompt;
  prompt.name = "meeting_prep";
  prompt.title = "Prepare a meeting";
  prompt.description = "One page before you go in: where it stands, who wants what, what is open.";
  prompt.arguments = {{"topic", "Topic", "What the meeting is about, as mail would call it", true},
                      {"people", "People", "Who comes: names or addresses", false}};
  return with_text(std::move(prompt), clock, &write);
}

}  // namespace gatehouse::workspace::prompts
