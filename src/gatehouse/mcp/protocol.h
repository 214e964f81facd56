// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

// Names and numbers of the Model Context Protocol.
namespace gatehouse::mcp {

// Published revisions, oldest first. The last one is stateless ("modern"); those before it open
// with `initialize` ("legacy").
enum class Revision { r2024_11_05, r2025_03_26, r2025_06_18, r2025_11_25, r2026_07_28 };

inline constexpr Revision kNewestLegacy = Revision::r2025_11_25;
inline constexpr Revision kModern = Revision::r2026_07_28;

std::string_view name_of(Revision revision);
std::optional<Revision> revision_named(std::string_view name);
inline bool is_legacy(Revision revision) { return revision < kModern; }

// JSON-RPC 2.0 section 5.1 and the codes that MCP adds.
enum class RpcCode {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal = -32603,
  bad_transport = -32000,  // legacy only, like the next two: missing session, Accept
  session_not_found = -32001,
  resource_not_found = -32002,
  header_mismatch = -32020,  // modern only, like all below
  missing_capability = -32021,
  unsupported_version = -32022,
};

// Keys of `params._meta` and of results' `_meta`.
inline constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kMetaSubscription = "io.modelcontextprotocol/subscriptionId";

// The extension of revision 2026-07-28 for calls that outlast their request.
inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";

inline constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
inline constexpr std::string_view kLastEventHeader = "Last-Event-ID";
inline constexpr std::string_view kVersionHeader = "MCP-Protocol-Version";
inline constexpr std::string_view kMethodHeader = "Mcp-Method";
inline constexpr std::string_view kNameHeader = "Mcp-Name";

// RFC 5424 section 6.2.1, least urgent first.
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };

std::string_view name_of(LogLevel level);
std::optional<LogLevel> log_level_named(std::string_view name);

}  // namespace gatehouse::mcp
