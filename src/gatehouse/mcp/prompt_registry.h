// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string_view>

#include "gatehouse/mcp/prompt.h"

namespace gatehouse::mcp {

// The ordered list of prompts of a server.
class PromptRegistry {
 public:
  // Asserts a legal, unused name, a description, a handler, and arguments with names of their own.
  void add(Prompt prompt);
  const Prompt* find(std::string_view name) const;
  const std::deque<Prompt>& prompts() const { return prompts_; }

 private:
  std::deque<Prompt> prompts_;  // adding moves nothing that is in use
};

}  // namespace gatehouse::mcp
