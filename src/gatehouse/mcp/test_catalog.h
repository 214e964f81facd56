// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/change.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/server_info.h"

namespace gatehouse::mcp {

// For tests: what a server may offer, one of each kind. A handler is written once; what the engine
// makes of it in a revision is what transcripts show.
class TestCatalog {
 public:
  // `tools`: echo {text}, sleep (waits until let go), count (three steps of progress, then waits
  // until let go), secret (needs the scope `secrets`), structured, fail (throws). `everything`: the
  // rest of this class too.
  enum class Extent { nothing, tools, everything };

  TestCatalog(const base::Executor& executor, Extent extent);

  // Adds one more item to a list, as a host may while it runs.
  void grow(Change::Kind list);
  void let_go() { gate_.cancel(); }  // waiting handlers return

  static ServerInfo server_info(Extent extent);

  Catalog catalog;
  std::size_t waiting = 0;
  int cancelled = 0;  // waiting handlers that found themselves cancelled when let go

 private:
  struct NoArgs {};
  struct JobArgs;

  void add_tools();
  void add_asking_tools();
  void add_other_tools();
  void add_jobs();
  void add_prompts();
  void add_resources();

  base::Coroutine<void> wait(const Call& call);
  static base::Coroutine<ToolResult> sleep(TestCatalog& self, ToolCall& call, const NoArgs&);
  static base::Coroutine<ToolResult> count(TestCatalog& self, ToolCall& call, const NoArgs&);
  static base::Coroutine<ToolResult> drop(TestCatalog& self, ToolCall& call, const NoArgs&);
  static base::Coroutine<ToolResult> job(TestCatalog& self, ToolCall& call, const JobArgs& args);

  Timer gate_;
  int grown_ = 0;
};

}  // namespace gatehouse::mcp
