// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/mcp/prompt.h"

// What users give to prompts. An argument that is blank counts as absent, as some clients send all
// of them. Errors are invalid_params and say what the argument takes.
namespace gatehouse::workspace::prompts {

template <class T>
using Read = base::Result<T, mcp::RpcError>;

inline constexpr std::size_t kWordsMax = 100;  // characters
inline constexpr int kDaysMax = 90;

// One line of the user's own words without control and invisible characters; empty when absent.
Read<std::string> words(const mcp::PromptCall& call, std::string_view name);

// The moment that a span like "12 hours", "2 weeks" or "3d" goes back from now, or that a date
// names; at most kDaysMax back.
Read<base::SystemTime> moment(const mcp::PromptCall& call, std::string_view name,
                              std::string_view fallback, base::SystemTime now);

// From 1 to kDaysMax.
Read<int> days(const mcp::PromptCall& call, std::string_view name, int fallback);

inline constexpr std::string_view kSpans[] = {"4 hours", "12 hours", "1 day",   "2 days",
                                              "3 days",  "1 week",   "2 weeks", "1 month"};
inline constexpr std::string_view kDays[] = {"3", "7", "14", "30", "90"};

// Offers those of `values` that begin as the user has begun. They must live as long as the program.
mcp::Completer completer(std::span<const std::string_view> values);

}  // namespace gatehouse::workspace::prompts
