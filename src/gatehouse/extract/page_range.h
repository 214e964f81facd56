// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace gatehouse::extract {

// Pages, slides or sheets, counted from 1; both ends included.
struct PageRange {
  static constexpr std::size_t kLast = std::numeric_limits<std::size_t>::max();

  std::size_t first = 1;
  std::size_t last = kLast;

  bool is_all() const { return first == 1 && last == kLast; }
  bool holds(std::size_t page) const { return page >= first && page <= last; }

  // "7", "2-5" or "3-"; nothing above 100,000.
  static std::optional<PageRange> parse(std::string_view text);
};

}  // namespace gatehouse::extract
