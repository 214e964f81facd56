// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/http/message.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// What a person will recognise a session by: what they saw on the consent page, in which browser,
// and what they left out at Google. Bounded and fit to be shown; grant and times are not filled in.
vault::SessionNote session_note(const SiteSettings& settings, const http::Request& request,
                                const oauth::AuthorizationRequest& asked,
                                const vault::UpstreamCredentials& upstream);

}  // namespace gatehouse::web
