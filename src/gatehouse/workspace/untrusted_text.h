// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"

namespace gatehouse::workspace {

// Text that somebody else wrote: mail, documents, events. A model that reads it must be able to
// tell it from what Gatehouse says, and a person must see all that the model sees.

struct CleanText {
  std::string text;  // valid UTF-8
  std::size_t invisible_characters =
      0;  // removed: zero-width, direction controls, tags, fillers, controls
};

// Line ends become '\n'; odd spaces become plain ones. Joiners stay where scripts and emoji need
// them.
CleanText clean_text(std::string_view raw);

// The same on one line: every run of white space is one space, none at the ends. So neither a tab
// nor a line end of a stranger can imitate the layout of an answer.
CleanText clean_line(std::string_view raw);

// A file name that means nothing to any file system: no path, no device name, at most 120
// characters, never empty.
std::string clean_file_name(std::string_view raw);

// Marks where foreign text begins and ends, with a name drawn after the text was written, so the
// text cannot end its own fence.
class Fence {
 public:
  explicit Fence(base::Random& random) : name_("untrusted-" + random.token(6)) {}

  const std::string& name() const { return name_; }
  // `origin` is ours: a word on where the text came from.
  std::string around(std::string_view origin, std::string_view text) const;

 private:
  std::string name_;
};

}  // namespace gatehouse::workspace
