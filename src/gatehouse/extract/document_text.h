// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/extract/format.h"
#include "gatehouse/extract/page_range.h"
#include "gatehouse/extract/trouble.h"

namespace gatehouse::extract {

// What a document says. The text is somebody else's: UTF-8, but nothing has been taken out of it
// except what its format hides.
struct DocumentText {
  std::string text;
  std::size_t pages = 0;              // slides or sheets there are in all; 0 when it has none
  std::size_t hidden_characters = 0;  // that a reader of the document does not see, left out
  bool cut = false;                   // there was more than is read
};

struct TextLimits {
  std::size_t text_bytes_max = 4 * 1024 * 1024;
};

// The text of an Office or OpenDocument file. May take some hundred milliseconds.
Extracted<DocumentText> office_text(std::string_view bytes, Format format, const PageRange& pages,
                                    const TextLimits& limits = {});

}  // namespace gatehouse::extract
