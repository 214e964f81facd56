// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/workspace/gmail/label_edit.h"
#include "gatehouse/workspace/undo.h"

namespace gatehouse::workspace::gmail {

// Takes changes of labels back, message by message.
UndoKind label_undo();

// The handle for what was done; empty when nothing was.
std::string seal_label_undo(mcp::ToolCall& call, const std::vector<LabelEdit>& done);

}  // namespace gatehouse::workspace::gmail
