// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gatehouse/mcp/catalog.h>

#include "notes.h"

namespace notebook {

// Everything the server offers: three tools, a prompt, a resource template. `notes` must outlive
// it.
gatehouse::mcp::Catalog make_catalog(Notes& notes);

}  // namespace notebook
