// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/http/message.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/widening.h"

namespace gatehouse::web {

// What a person will recognise a session by: what they saw on the consent page, in which browser,
// and what they left out at Google. Bounded and fit to be shown; grant and times are not filled in.
vault::SessionNote session_note(const SiteSettings& settings, const http::Request& request,
                                const oauth::AuthorizationRequest& asked,
                                const vault::UpstreamCredentials& upstream);

// The same of a session that an identity provider let begin, and that the person has just given
// their account. It has no consent page of its own to be recognised by; the grant is filled in.
vault::SessionNote connected_note(const SiteSettings& settings, const http::Request& request,
                                  const Widening& widening, std::string_view client_name,
                                  const vault::UpstreamCredentials& upstream);

}  // namespace gatehouse::web
