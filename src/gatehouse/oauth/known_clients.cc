// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/known_clients.h"

#include <array>
#include <string>

namespace gatehouse::oauth {
namespace {

struct KnownClient {
  std::string_view id;
  std::string_view name;
  std::array<std::string_view, 2> redirect_uris;  // an empty one is none
};

constexpr KnownClient kKnownClients[] = {
    {"https://claude.ai/oauth/claude-code-client-metadata",
     "Claude Code",
     {"http://localhost/callback", "http://127.0.0.1/callback"}},
    {"https://claude.ai/oauth/mcp-oauth-client-metadata",
     "Claude",
     {"https://claude.ai/api/mcp/auth_callback"}},
    {"https://chatgpt.com/oauth/client.json",
     "ChatGPT",
     {"https://chatgpt.com/connector_platform_oauth_redirect"}},
    {"https://chatgpt.com/oauth/codex/client.json",
     "Codex",
     {"http://127.0.0.1/callback", "http://localhost/callback"}},
    {"https://vscode.dev/oauth/client-metadata.json",
     "Visual Studio Code",
     {"http://127.0.0.1:33418/", "https://vscode.dev/redirect"}},
    {"https://zed.dev/oauth/client-metadata.json", "Zed", {"http://127.0.0.1/callback"}},
    {"https://opencode.ai/oauth/opencode/client.json",
     "OpenCode",
     {"http://127.0.0.1/callback", "http://localhost/callback"}},
};

}  // namespace

std::optional<Client> known_client(std::string_view client_id) {
  for (const KnownClient& known : kKnownClients) {
    if (known.id != client_id) continue;
    Client client;
    client.id = base::ClientId(std::string(known.id));
    client.name = known.name;
    for (const std::string_view uri : known.redirect_uris) {
      if (!uri.empty()) client.redirect_uris.emplace_back(uri);
    }
    return client;
  }
  return std::nullopt;
}

}  // namespace gatehouse::oauth
