// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::extract {

// What bytes are.
enum class Format {
  empty,
  text,  // of no more special kind
  html,
  calendar,
  pdf,
  docx,
  xlsx,
  pptx,
  odt,
  ods,
  odp,
  locked_office,  // an Office document behind a password
  old_office,     // .doc, .xls, .ppt
  rtf,
  zip,
  png,
  jpeg,
  gif,
  webp,
  other,
};

// By the bytes alone. Of an archive its directory and first entry are read.
Format format_of(std::string_view bytes);

// In words: "Word document (docx)".
std::string_view name_of(Format format);
// The media type of an image; empty for everything else.
std::string_view image_type_of(Format format);
bool is_office(Format format);  // what office_text() reads

// False when a declared media type, in lower case, names another of these formats than the bytes
// are. Types that say nothing of a format contradict none.
bool agrees(Format format, std::string_view declared_type);

}  // namespace gatehouse::extract
