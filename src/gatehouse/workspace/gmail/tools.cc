// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/tools.h"

#include "gatehouse/workspace/gmail/attachment.h"
#include "gatehouse/workspace/gmail/draft.h"
#include "gatehouse/workspace/gmail/label_tree.h"
#include "gatehouse/workspace/gmail/label_undo.h"
#include "gatehouse/workspace/gmail/modify.h"
#include "gatehouse/workspace/gmail/read.h"
#include "gatehouse/workspace/gmail/search.h"
#include "gatehouse/workspace/gmail/send.h"
#include "gatehouse/workspace/gmail/upload.h"

namespace gatehouse::workspace::gmail {

std::vector<mcp::Tool> tools(Services& services) {
  std::vector<mcp::Tool> list;
  list.push_back(search_tool(services));
  list.push_back(read_tool(services));
  list.push_back(attachment_tool(services));
  list.push_back(label_tree_tool(services));
  if (allows(services.mode, Mode::draft)) list.push_back(upload_tool(services));
  if (allows(services.mode, Mode::draft)) list.push_back(draft_tool(services));
  if (allows(services.mode, Mode::full)) list.push_back(send_tool(services));
  if (allows(services.mode, kModifyMode)) list.push_back(modify_tool(services));
  return list;
}

std::vector<ScopeNeed> scope_needs() {
  return {{"gmail", "gmail.readonly", Mode::readonly},
          {"gmail", "gmail.compose", Mode::draft},
          {"gmail", "gmail.send", Mode::full},
          {"gmail", kModifyScope, kModifyMode}};
}

std::vector<UndoKind> undo_kinds() { return {label_undo()}; }

}  // namespace gatehouse::workspace::gmail
