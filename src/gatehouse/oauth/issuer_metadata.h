// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

constexpr std::size_t kIssuerMetadataBytesMax = 64 * 1024;

// What an identity provider publishes about itself, as far as it concerns its signatures.
struct IssuerMetadata {
  IssuerMetadata() {}
  std::string issuer;
  std::string jwks_uri;
};

// What is wrong with a URL as the name of an identity provider, in words that end a sentence;
// nullopt when nothing is. Plain http is for loopback only.
std::optional<std::string> issuer_fault(std::string_view issuer);

// Where its metadata may be: as OpenID Connect Discovery section 4.1 has it, and as RFC 8414
// section 3.1 does.
std::array<std::string, 2> issuer_metadata_urls(std::string_view issuer);

// Whether two URLs have the same scheme, host and port.
bool is_same_origin(std::string_view one, std::string_view other);

// Judges what was fetched from one of those. Its keys lie at the issuer's own origin, or at a
// public address (client_document.h).
Judged<IssuerMetadata> parse_issuer_metadata(const std::string& url, std::string_view body);

}  // namespace gatehouse::oauth
