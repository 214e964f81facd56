// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/known_clients.h"

#include <gtest/gtest.h>

#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/redirect_uri.h"

namespace gatehouse::oauth {
namespace {

constexpr const char* kIds[] = {"https://claude.ai/oauth/claude-code-client-metadata",
                                "https://claude.ai/oauth/mcp-oauth-client-metadata",
                                "https://chatgpt.com/oauth/client.json",
                                "https://chatgpt.com/oauth/codex/client.json",
                                "https://vscode.dev/oauth/client-metadata.json",
                                "https://zed.dev/oauth/client-metadata.json",
                                "https://opencode.ai/oauth/opencode/client.json"};

TEST(KnownClients, WouldBeAcceptedWhenFetched) {
  const AuthorizationServerSettings settings;
  for (const char* id : kIds) {
    const auto client = known_client(id);
    ASSERT_TRUE(client) << id;
    EXPECT_EQ(client->id.str(), id);
    EXPECT_EQ(client_document_url_fault(id), std::nullopt);
    EXPECT_FALSE(client->name.empty());
    EXPECT_FALSE(client->redirect_uris.empty());
    for (const std::string& uri : client->redirect_uris) {
      EXPECT_EQ(redirect_uri_fault(settings, uri), std::nullopt) << uri;
    }
  }
}

TEST(KnownClients, AreKnownByTheirWholeIdOnly) {
  for (const char* id : {"https://claude.ai/oauth/other", "https://claude.ai/oauth/",
                         "https://claude.ai/oauth/claude-code-client-metadata/", ""}) {
    EXPECT_FALSE(known_client(id)) << id;
  }
}

}  // namespace
}  // namespace gatehouse::oauth
