// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/call.h"
#include "gatehouse/mcp/completion.h"
#include "gatehouse/mcp/content.h"
#include "gatehouse/mcp/icon.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {

struct PromptArgument {
  std::string name;
  std::string title = {};
  std::string description = {};
  bool required = false;
  Completer completer = nullptr;
};

struct PromptMessage {
  enum class Role { user, assistant };
  Role role = Role::user;
  Content content;
};

struct PromptResult {
  std::string description;
  std::vector<PromptMessage> messages;
  std::optional<InputRequired> input_required;
  std::optional<RpcError> error;  // invalid_params for an argument that will not do
};

// One `prompts/get` under way. Required arguments are there, unknown ones have been refused.
struct PromptCall final : Call {
  using Call::Call;
  std::map<std::string, std::string, std::less<>> arguments;
  std::string_view argument(std::string_view name) const {  // empty when absent
    const auto found = arguments.find(name);
    return found == arguments.end() ? std::string_view() : std::string_view(found->second);
  }
};

// A text that a user picks to start a conversation with.
struct Prompt {
  std::string name;  // [A-Za-z0-9_-]{1,64}
  std::string title = {};
  std::string description = {};
  std::vector<PromptArgument> arguments = {};
  std::vector<Icon> icons = {};
  std::string scope = {};  // the caller's scope that this prompt needs; may be empty
  std::function<base::Coroutine<PromptResult>(PromptCall&)> handler = nullptr;
};

}  // namespace gatehouse::mcp
