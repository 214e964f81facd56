// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/archive.h"
#include "gatehouse/extract/document_text.h"
#include "gatehouse/extract/open_document_text.h"
#include "gatehouse/extract/sheet_text.h"
#include "gatehouse/extract/slide_text.h"
#include "gatehouse/extract/word_text.h"

namespace gatehouse::extract {

Extracted<DocumentText> office_text(std::string_view bytes, Format format, const PageRange& pages,
                                    const TextLimits& limits) {
  if (!is_office(format)) return Trouble::unsupported;
  auto archive = Archive::open(bytes);
  if (!archive) return archive.error();
  if (format == Format::docx) return word_text(*archive, limits);
  if (format == Format::xlsx) return sheet_text(*archive, pages, limits);
  if (format == Format::pptx) return slide_text(*archive, pages, limits);
  return open_document_text(*archive, format, pages, limits);
}

}  // namespace gatehouse::extract
