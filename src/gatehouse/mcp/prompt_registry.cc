// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/prompt_registry.h"

#include <cassert>
#include <set>
#include <utility>

#include "gatehouse/mcp/legal_name.h"

namespace gatehouse::mcp {
namespace {

bool has_named_arguments(const Prompt& prompt) {
  std::set<std::string_view> names;
  for (const PromptArgument& argument : prompt.arguments) {
    if (argument.name.empty() || !names.insert(argument.name).second) return false;
  }
  return true;
}

}  // namespace

void PromptRegistry::add(Prompt prompt) {
  assert(is_legal_name(prompt.name) && find(prompt.name) == nullptr);
  assert(!prompt.description.empty() && prompt.handler);
  assert(has_named_arguments(prompt));
  prompts_.push_back(std::move(prompt));
}

const Prompt* PromptRegistry::find(std::string_view name) const {
  for (const Prompt& prompt : prompts_) {
    if (prompt.name == name) return &prompt;
  }
  return nullptr;
}

}  // namespace gatehouse::mcp
