// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/prompts/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/time_zone.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::prompts {

namespace {

constexpr std::size_t kShortMax = 40;  // bytes of what is no free text

mcp::RpcError bad(std::string_view name, std::string_view what) {
  return mcp::RpcError(mcp::RpcCode::invalid_params,
                       "Argument \"" + std::string(name) + "\" must be " + std::string(what));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// The number in front of `text`, which is taken off; nullopt when there is none of one to four
// digits.
std::optional<int> take_number(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  if (size == 0 || size > 4) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + size, number);
  text.remove_prefix(size);
  return number;
}

struct Unit {
  std::string_view letter, singular, plural;
  std::chrono::seconds length;
};
constexpr std::chrono::hours kDay{24};
constexpr std::array<Unit, 4> kUnits{{{"h", "hour", "hours", std::chrono::hours(1)},
                                      {"d", "day", "days", kDay},
                                      {"w", "week", "weeks", 7 * kDay},
                                      {"mo", "month", "months", 30 * kDay}}};

std::optional<std::chrono::seconds> span_of(std::string_view text) {
  const std::optional<int> number = take_number(text);
  if (!number) return std::nullopt;
  const std::string unit = base::to_lower_ascii(base::trim(text));
  for (const Unit& known : kUnits) {
    if (unit == known.letter || unit == known.singular || unit == known.plural)
      return *number * known.length;
  }
  return std::nullopt;
}

base::Coroutine<mcp::Completion> offer(std::span<const std::string_view> values,
                                       const mcp::CompletionCall& call) {
  const std::string begun = base::to_lower_ascii(call.value);
  mcp::Completion completion;
  for (const std::string_view value : values) {
    if (value.starts_with(begun)) completion.values.emplace_back(value);
  }
  completion.total = completion.values.size();
  co_return completion;
}

}  // namespace

Read<std::string> words(const mcp::PromptCall& call, std::string_view name) {
  const std::string_view given = call.argument(name);
  CleanText clean = clean_line(given);
  if (has_control(given) || clean.invisible_characters > 0 ||
      character_count(clean.text) > kWordsMax) {
    return bad(name, "one line of at most " + std::to_string(kWordsMax) +
                         " characters, without control or invisible ones");
  }
  return std::move(clean.text);
}

Read<base::SystemTime> moment(const mcp::PromptCall& call, std::string_view name,
                              std::string_view fallback, base::SystemTime now) {
  std::string_view given = base::trim(call.argument(name));
  if (given.empty()) given = fallback;
  std::optional<base::SystemTime> since;
  if (given.size() <= kShortMax) {
    if (const auto span = span_of(given)) {
      since = now - *span;
    } else if (const auto date = parse_time(given, TimeZone::utc())) {
      since = base::from_epoch_seconds(*date);
    }
  }
  if (!since || *since >= now || now - *since > kDaysMax * kDay) {
    return bad(name, "a span like \"1 day\" or \"2 weeks\", or a date like 2026-11-03, at most " +
                         std::to_string(kDaysMax) + " days back");
  }
  return *since;
}

Read<int> days(const mcp::PromptCall& call, std::string_view name, int fallback) {
  std::string_view given = base::trim(call.argument(name));
  if (given.empty()) return fallback;
  const std::optional<int> number = take_number(given);
  if (!number || !given.empty() || *number < 1 || *number > kDaysMax)
    return bad(name, "a number of days from 1 to " + std::to_string(kDaysMax));
  return *number;
}

mcp::Completer completer(std::span<const std::string_view> values) {
  return [values](mcp::CompletionCall& call) { return offer(values, call); };
}

}  // namespace gatehouse::workspace::prompts
