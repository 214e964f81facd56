// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/extract/archive.h"
#include "gatehouse/extract/document_text.h"

namespace gatehouse::extract {

// pptx: what stands on each slide, in their order, and its notes.
Extracted<DocumentText> slide_text(Archive& archive, const PageRange& pages,
                                   const TextLimits& limits);

}  // namespace gatehouse::extract
