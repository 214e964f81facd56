// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/page_range.h"

#include <charconv>

namespace gatehouse::extract {

namespace {

constexpr std::size_t kPageMax = 100'000;

std::optional<std::size_t> page_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number == 0 || number > kPageMax) return std::nullopt;
  return number;
}

}  // namespace

std::optional<PageRange> PageRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = page_number(text.substr(0, dash));
  if (!first) return std::nullopt;
  PageRange range;
  range.first = *first;
  range.last = *first;
  if (dash == std::string_view::npos) return range;
  const std::string_view end = text.substr(dash + 1);
  const auto last = page_number(end);
  if (!last && !end.empty()) return std::nullopt;
  range.last = last.value_or(kLast);
  if (range.last < range.first) return std::nullopt;
  return range;
}

}  // namespace gatehouse::extract
