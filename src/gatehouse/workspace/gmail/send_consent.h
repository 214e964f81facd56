// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The recipients outside the user's own organisation: of other domains than the one that Google
// says hosts the account and the one of its address. A consumer account has no organisation, so
// everybody but the user is outside.
std::vector<MailAddress> outside_recipients(const OutgoingMessage& message, const Profile& profile);

// Whether the user lets a mail leave the organisation. Asked by a form where the client has that,
// else by a code that the model is to give back once the user has agreed.
struct SendConsent {
  bool is_given = false;
  bool is_refused = false;                // by the user
  std::optional<mcp::ToolResult> answer;  // what to answer as long as it is not given
};

// `confirm` is the code of an earlier answer; empty: none. Consent holds for this very message, to
// these recipients, by this caller: `digest` names it.
SendConsent seek_consent(Services& services, mcp::ToolCall& call, const OutgoingMessage& message,
                         const std::vector<MailAddress>& outside, const std::string& digest,
                         const std::string& confirm);

}  // namespace gatehouse::workspace::gmail
