// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// What a grant's seal hides. It repeats what the row says of user, expiry and generation, and is
// refused when the two disagree.
struct GrantContent {
  GrantContent() {}
  base::UserId subject;      // as Google names the person
  base::UserId hashed_user;  // as the row does
  base::SystemTime expires{};
  std::int64_t content_generation = 1;
  std::string redirect_uri;
  std::string code_challenge;
  UpstreamCredentials upstream;
};

// Length-prefixed fields rather than JSON: no Google token passes through a std::string or a
// parser's buffers on the way.
base::Secret encode(const GrantContent& content);
std::optional<GrantContent> decode_grant_content(const base::Secret& bytes);

void append_upstream(base::Secret& out, const UpstreamCredentials& upstream);
// nullopt for more scopes than a grant can have: what follows would be taken for something else.
std::optional<UpstreamCredentials> take_upstream(base::FrameReader& reader);

UpstreamCredentials copy_of(const UpstreamCredentials& credentials);

}  // namespace gatehouse::vault
