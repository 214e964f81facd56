// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace notebook {

struct Note {
  std::string title;
  std::string text;
  int edition = 1;  // counts what was written under this title
};

// What the server is about. Lives on the loop's thread, as the handlers do, so it needs no lock.
class Notes {
 public:
  static constexpr std::size_t kNotesMax = 1000;

  // In the place of an older note of that title. False when there is no room.
  bool write(const std::string& title, const std::string& text);
  // Dies with the next change.
  const Note* find(std::string_view title) const;
  void erase(std::string_view title);

  const std::vector<Note>& oldest_first() const { return notes_; }

 private:
  std::vector<Note> notes_;
};

}  // namespace notebook
