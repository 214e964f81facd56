// SPDX-License-Identifier: Apache-2.0
#include "notes.h"

#include <algorithm>

namespace notebook {

bool Notes::write(const std::string& title, const std::string& text) {
  const auto note = std::find_if(notes_.begin(), notes_.end(),
                                 [&](const Note& candidate) { return candidate.title == title; });
  if (note != notes_.end()) {
    note->text = text;
    ++note->edition;
    return true;
  }
  if (notes_.size() >= kNotesMax) return false;
  notes_.push_back({title, text});
  return true;
}

const Note* Notes::find(std::string_view title) const {
  for (const Note& note : notes_) {
    if (note.title == title) return &note;
  }
  return nullptr;
}

void Notes::erase(std::string_view title) {
  std::erase_if(notes_, [&](const Note& note) { return note.title == title; });
}

}  // namespace notebook
