// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

struct WithoutHistory {
  std::string text;
  std::size_t cut_characters = 0;
};

// The text of a mail without the earlier mails it repeats. Cut are: everything from the line that
// introduces the mail answered
// ("On ... wrote:" in a dozen languages, the header blocks of Outlook), blocks of ">" lines longer
// than three lines, and what begins at `history_at` by a mail program's own mark (npos: unknown).
// Each cut leaves a mark with its size. Short quotes between answers stay, forwarded mails stay,
// and a mail that would be left empty stays whole.
WithoutHistory without_history(std::string_view text,
                               std::size_t history_at = std::string_view::npos);

}  // namespace gatehouse::workspace::gmail
