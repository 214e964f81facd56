// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/consent.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The recipients outside the user's own organisation: of other domains than the one that Google
// says hosts the account and the one of its address. A consumer account has no organisation, so
// everybody but the user is outside.
std::vector<MailAddress> outside_recipients(const OutgoingMessage& message, const Profile& profile);

// Whether the user lets a mail leave the organisation; always when nobody is outside. `confirm` is
// the code of an earlier answer; empty: none. Consent holds for this very message, to these
// recipients, by this caller: `digest` names it.
Consent seek_consent(Services& services, mcp::ToolCall& call, const OutgoingMessage& message,
                     const std::vector<MailAddress>& outside, const std::string& digest,
                     const std::string& confirm);

}  // namespace gatehouse::workspace::gmail
