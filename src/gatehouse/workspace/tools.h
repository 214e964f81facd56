// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/extract/extractor.h"
#include "gatehouse/google/api_client.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/gmail/changed_mail.h"
#include "gatehouse/workspace/gmail/message_cache.h"
#include "gatehouse/workspace/gmail/sent_mail.h"
#include "gatehouse/workspace/sealed_cache.h"

namespace gatehouse::workspace {

// The operator's ceiling for all tools and for the scopes ever asked of Google.
enum class Mode { full, draft, readonly };

struct Services {
  google::ApiClient& api;
  const base::Clock& clock;
  base::Random& random;
  telemetry::Log& log;
  Mode mode;
  SealedCache cache{random};
  gmail::MessageCache mail_cache{cache};
  gmail::SentMail sent_mail{};
  gmail::ChangedMail changed_mail{};
  http::ByteBudget outgoing_mail{80 * 1024 * 1024};  // mails with files, written or under way
  extract::Extractor documents{};
};

// Adds every tool that `services.mode` allows, every prompt and every kind of resource, in a fixed
// order. `services` must outlive the catalog.
void fill_catalog(mcp::Catalog& catalog, Services& services);

// The scopes of ours that a client needs: for any tool or resource that reads something at Google,
// and for one that changes something or sends. Neither includes the other.
inline constexpr std::string_view kWorkspaceScope = "workspace.read";
inline constexpr std::string_view kWorkspaceWriteScope = "workspace.write";

// The Google scopes (short names) that the tools of a mode need, supersets collapsed.
std::vector<std::string> google_scopes(Mode mode);
// The part of them that these scopes of ours stand for; what a sign-in asks for.
std::vector<std::string> google_scopes(Mode mode, const std::vector<std::string>& scopes);
// Those of `scopes`, ours, that do something with what Google granted: each stands for the
// permissions of several products, and one of them will do.
std::vector<std::string> served_scopes(Mode mode, const std::vector<std::string>& scopes,
                                       const std::vector<std::string>& granted);

}  // namespace gatehouse::workspace
