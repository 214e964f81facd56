// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/call.h"

namespace gatehouse::mcp {

// Values offered for an argument, best first. More than kCompletionValuesMax are cut off.
struct Completion {
  std::vector<std::string> values;
  std::optional<std::size_t> total;
  bool has_more = false;
};
inline constexpr std::size_t kCompletionValuesMax = 100;

// One `completion/complete` under way.
struct CompletionCall final : Call {
  using Call::Call;
  std::string value;  // what the user has typed so far
  std::map<std::string, std::string, std::less<>>
      known;  // the other arguments, 2025-06-18 and later
};

using Completer = std::function<base::Coroutine<Completion>(CompletionCall&)>;

}  // namespace gatehouse::mcp
