// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/mcp/prompt.h"
#include "gatehouse/workspace/prompts/arguments.h"

namespace gatehouse::workspace::prompts {

// `text` with every $name replaced; a value is never looked into. Asserts that all are given.
std::string filled(std::string_view text,
                   std::initializer_list<std::pair<std::string_view, std::string>> values);

std::string minute(base::SystemTime time);  // 2026-11-10T09:15Z, as the tools take it
std::string today(base::SystemTime now);    // the same with its weekday, and how to treat zones

// What the user added, quoted on a line of its own after `lead`; empty when there is nothing.
std::string quoted_line(std::string_view lead, const std::string& words);

// What every prompt ends with.
extern const std::string_view kGroundRules;

// Writes a prompt's text for its arguments and the time of the call.
using WriteText = Read<std::string> (*)(const mcp::PromptCall& call, base::SystemTime now);

// Completes `prompt` with a handler that answers the text as the user's message, with the ground
// rules below it. `clock` must outlive the prompt.
mcp::Prompt with_text(mcp::Prompt prompt, const base::Clock& clock, WriteText write);

}  // namespace gatehouse::workspace::prompts
