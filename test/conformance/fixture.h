// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/change.h"
#include "gatehouse/mcp/streamable_http.h"

// What the official conformance suite asks a server to offer: tools, prompts and resources of exact
// names and contents (`@modelcontextprotocol/conformance`, `server` scenarios).
namespace gatehouse::conformance {

// Tells the clients that a list has changed; set once there is an engine to do it.
struct Announcer {
  std::function<void(const mcp::Change&)> announce = [](const mcp::Change&) {};
};

// `announcer` must outlive the catalog.
void add_fixture(mcp::Catalog& catalog, Announcer& announcer);

void add_content_tools(mcp::ToolRegistry& tools);
void add_progress_tools(mcp::ToolRegistry& tools);
void add_legacy_asking_tools(mcp::ToolRegistry& tools);
void add_input_required_tools(mcp::ToolRegistry& tools);
void add_task_tools(mcp::ToolRegistry& tools);
void add_change_tools(mcp::ToolRegistry& tools, Announcer& announcer);
void add_prompts(mcp::PromptRegistry& prompts);
void add_resources(mcp::ResourceRegistry& resources);

// What the engine has to be told so that all of it is advertised.
mcp::EngineOptions fixture_options();

// Smallest files of their kinds, base64.
inline constexpr const char* kRedPixelPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
inline constexpr const char* kSilenceWav =
    "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

}  // namespace gatehouse::conformance
