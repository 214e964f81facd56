// SPDX-License-Identifier: Apache-2.0
//
// Plain text of strangers: cleaning, quoted history, invitations, file names, and what pages show
// of it.
#include <algorithm>

#include "fuzzing.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/html.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/invitation.h"
#include "gatehouse/workspace/gmail/quoted_history.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::fuzzing {
namespace {

using workspace::character_count;

// What is clean stays as it is.
void check_cleaning(std::string_view raw) {
  const auto text = workspace::clean_text(raw);
  assert(base::is_valid_utf8(text.text));
  const auto again = workspace::clean_text(text.text);
  assert(again.text == text.text && again.invisible_characters == 0);
  const auto line = workspace::clean_line(raw);
  assert(is_single_line(line.text) && workspace::clean_line(line.text).text == line.text);
}

void check_file_name(std::string_view raw) {
  const std::string name = workspace::clean_file_name(raw);
  assert(!name.empty() && character_count(name) <= 120 && is_single_line(name));
  assert(name.find_first_of("/\\:*?\"<>|") == std::string::npos);
  assert(name != "." && name != "..");
}

void check_cuts(std::string_view raw) {
  const std::string text = workspace::clean_text(raw).text;
  for (const std::size_t most : {0U, 1U, 7U, 40U}) {
    const std::string_view prefix = workspace::json_prefix(text, most);
    assert(text.starts_with(prefix) && workspace::json_character_count(prefix) <= most);
    assert(base::is_valid_utf8(prefix));
    const std::string cut = workspace::shortened(text, most);
    assert(character_count(cut) <= most && base::is_valid_utf8(cut));
  }
}

void check_history(std::string_view raw) {
  const std::string text = workspace::clean_text(raw).text;
  const auto places = {std::string::npos, hash_of(raw) % (text.size() + 1)};
  for (const std::size_t history_at : places) {
    const auto without = workspace::gmail::without_history(text, history_at);
    assert(without.cut_characters <= character_count(text));
    // A cut takes away more than three lines or the rest; its mark is all that is added.
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    assert(without.text.size() <= text.size() + 60 * lines);
  }
}

void check_invitation(std::string_view raw) {
  const std::string text = workspace::clean_text(raw).text;
  assert(base::is_valid_utf8(workspace::gmail::invitation_text(text)));
  (void)workspace::gmail::invitation_text(raw);
}

void check_page(std::string_view raw) {
  const std::string shown = web::display_text(raw, 50);
  assert(is_single_line(shown) && character_count(shown) <= 51);
  const std::string markup = web::Html::text(raw).str();
  assert(markup.find_first_of("<>\"'") == std::string::npos);
}

}  // namespace

void run(std::string_view input) {
  check_cleaning(input);
  check_file_name(input);
  check_cuts(input);
  check_history(input);
  check_invitation(input);
  check_page(input);
}

}  // namespace gatehouse::fuzzing
