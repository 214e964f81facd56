// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::web {

// Links that make an application on this computer offer to add the server at `mcp_url`. They carry
// its address and nothing else.
std::string cursor_install_link(std::string_view mcp_url);
std::string vscode_install_link(std::string_view mcp_url);

// What the same applications take as a line or a file.
std::string cursor_configuration(std::string_view mcp_url);
std::string vscode_command(std::string_view mcp_url);

}  // namespace gatehouse::web
