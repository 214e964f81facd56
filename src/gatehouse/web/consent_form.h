// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/vault/sealed_state.h"

namespace gatehouse::web {

inline constexpr std::chrono::minutes kConsentFormLifetime{10};

// What the consent page asks about, as it comes back with the answer.
struct ConsentForm {
  ConsentForm() {}
  std::string nonce;  // names this one showing of the page; answered once
  oauth::AuthorizationRequest request;
};

// Carries the request through the browser in a hidden field, so that nothing is stored before the
// person has agreed. The seal binds it to the cookie that came with the page.
class ConsentForms {
 public:
  ConsentForms(const vault::SealedState& seals, base::Random& random);

  std::string seal(const oauth::AuthorizationRequest& request, std::string_view cookie);
  // Errc::denied: not ours or of another browser. Errc::not_found: too old.
  base::Result<ConsentForm> open(std::string_view field, std::string_view cookie) const;

 private:
  const vault::SealedState& seals_;
  base::Random& random_;
};

}  // namespace gatehouse::web
