// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/extract/archive.h"
#include "gatehouse/extract/document_text.h"

namespace gatehouse::extract {

// docx: paragraphs, headings, lists, tables, links with their targets, notes and comments.
Extracted<DocumentText> word_text(Archive& archive, const TextLimits& limits);

}  // namespace gatehouse::extract
