// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/extract/archive.h"
#include "gatehouse/extract/document_text.h"

namespace gatehouse::extract {

// xlsx: each sheet by its name, its rows as lines with tabs between the cells. Values as they were
// last computed; dates where the format of a cell says that it is one.
Extracted<DocumentText> sheet_text(Archive& archive, const PageRange& pages,
                                   const TextLimits& limits);

}  // namespace gatehouse::extract
