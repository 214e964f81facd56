// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/web/widening.h"

namespace gatehouse::web {

inline constexpr std::chrono::minutes kConsentLinkLifetime{10};

// Links that ask a person to allow a session more, for clients that cannot send them themselves.
// Who follows one can allow something only as the session's own person.
class ConsentLinks {
 public:
  ConsentLinks(std::string public_url, vault::RecordVault& records, const base::Clock& clock,
               base::Random& random);

  // Stores it and gives the URL.
  vault::VaultTask<std::string> make(const Widening& widening);
  // `text` is the URL's parameter `more`. Refused::unknown or expired: there is no such link any
  // more, or never was.
  vault::VaultTask<Widening> open(std::string_view text);

 private:
  const std::string public_url_;
  vault::RecordVault& records_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::web
