// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

namespace gatehouse::conformance {

void add_fixture(mcp::Catalog& catalog, Announcer& announcer) {
  add_content_tools(catalog.tools);
  add_progress_tools(catalog.tools);
  add_legacy_asking_tools(catalog.tools);
  add_input_required_tools(catalog.tools);
  add_task_tools(catalog.tools);
  add_change_tools(catalog.tools, announcer);
  add_prompts(catalog.prompts);
  add_resources(catalog.resources);
}

mcp::EngineOptions fixture_options() {
  mcp::EngineOptions options;
  options.announces_changes = true;
  options.watches_resources = true;
  options.logs = true;
  options.resumes_answers = true;
  options.calls_per_caller_max = 64;  // scenarios leave tasks running
  options.streams_per_caller_max = 256;
  return options;
}

}  // namespace gatehouse::conformance
