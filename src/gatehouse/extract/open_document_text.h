// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/extract/archive.h"
#include "gatehouse/extract/document_text.h"

namespace gatehouse::extract {

// odt, ods and odp, in the same shapes as their Office sisters.
Extracted<DocumentText> open_document_text(Archive& archive, Format format, const PageRange& pages,
                                           const TextLimits& limits);

}  // namespace gatehouse::extract
