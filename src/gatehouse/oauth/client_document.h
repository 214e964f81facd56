// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// Clients that publish themselves (draft-ietf-oauth-client-id-metadata-document): the client id is
// the URL of a JSON document that says what a registration would have said.
constexpr std::size_t kClientDocumentBytesMax = 5 * 1024;

// Whether a client id means such a URL, in order or not.
bool names_client_document(std::string_view client_id);

// What is wrong with the URL, or nullopt. Of a URL in order the host is a name of at least two
// labels, so no address and no name of this network's own.
std::optional<std::string> client_document_url_fault(std::string_view url);

// The host whose owner vouches for the client; empty for a client that registered.
std::string client_document_host(std::string_view client_id);

// Judges what was fetched from `url`, by the rules for registrations and those that come with
// being public: no secrets, no private keys. All such clients are public ones.
Judged<Client> parse_client_document(const AuthorizationServerSettings& settings,
                                     const std::string& url, std::string_view body);

}  // namespace gatehouse::oauth
