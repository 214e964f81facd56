// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/extract/document_text.h"
#include "gatehouse/extract/format.h"

namespace gatehouse::workspace::gmail {

// What a mail says of a file of its own.
struct DeclaredFile {
  std::string name;  // cleaned
  std::string mime;  // lower case
  std::string charset;
};

// The text of a file, clean.
struct AttachmentText {
  std::string text;
  std::size_t pages = 0;
  std::size_t hidden_characters = 0;
  std::size_t invisible_characters = 0;
  std::size_t misleading_links = 0;
  bool cut = false;
};

// The bytes of base64url as Google sends it; nullopt when it is broken.
std::optional<std::string> attachment_bytes(std::string_view data);

// Of every format but PDF. May take some hundred milliseconds.
extract::Extracted<AttachmentText> attachment_text(std::string_view bytes, extract::Format format,
                                                   const DeclaredFile& declared,
                                                   const extract::PageRange& pages);

// What a document said, without what its readers would not see.
AttachmentText cleaned(const extract::DocumentText& document);

}  // namespace gatehouse::workspace::gmail
