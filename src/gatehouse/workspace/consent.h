// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// How a tool asks the user before it does what they may not want: by a form where the client has
// that, else by a code that the model is to give back once the user has agreed.
struct ConsentWords {
  std::string_view tool;          // whose codes they are
  std::string_view key;           // of the answer in the form, like "send"
  std::string_view title;         // the same for people, like "Send it"
  std::string_view origin;        // of what the question quotes, like "the mail"
  std::string_view nothing_done;  // "Nothing was sent yet, for the user has to agree."
  std::string_view stale;         // what is said of a code that opens nothing
  std::string_view refused;       // and when the user said no
};

// What came of asking. Neither given nor answered: not asked yet.
struct Consent {
  bool is_given = false;
  bool is_refused = false;                // by the user
  std::string memory;                     // as the question had it, when it is given
  std::optional<mcp::ToolResult> answer;  // what to answer instead of going on
};

// Looks for the user's answer to an earlier question about what `digest` names. `confirm` is the
// code of an earlier answer; empty: none. Consent holds for that, by this caller, for ten minutes.
Consent find_consent(mcp::ToolCall& call, const ConsentWords& words, const std::string& digest,
                     const std::string& confirm);

// Asks. `digest` has no space; `memory`, UTF-8 and short, comes back with the consent.
mcp::ToolResult ask_consent(Services& services, mcp::ToolCall& call, const ConsentWords& words,
                            const std::string& text, const std::string& digest,
                            const std::string& memory);

// 22 characters of a SHA-256 over the parts, told apart.
std::string digest_of_parts(const std::vector<std::string>& parts);

}  // namespace gatehouse::workspace
