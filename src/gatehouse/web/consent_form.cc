// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent_form.h"

#include <utility>

namespace gatehouse::web {
namespace {

constexpr std::string_view kPurpose = "consent";
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kNonceCharacters = 22;

}  // namespace

ConsentForms::ConsentForms(const vault::SealedState& seals, base::Random& random)
    : seals_(seals), random_(random) {}

std::string ConsentForms::seal(const oauth::AuthorizationRequest& request,
                               std::string_view cookie) {
  const std::string content = random_.token(kNonceBytes) + oauth::request_to_json(request);
  return seals_.seal(kPurpose, cookie, content, kConsentFormLifetime);
}

base::Result<ConsentForm> ConsentForms::open(std::string_view field,
                                             std::string_view cookie) const {
  const auto content = seals_.open(kPurpose, cookie, field);
  if (!content) return content.error();
  const base::Error unreadable{base::Errc::denied, "consent form of another version"};
  if (content->size() < kNonceCharacters) return unreadable;
  auto request = oauth::request_from_json(std::string_view(*content).substr(kNonceCharacters));
  if (!request) return unreadable;
  ConsentForm form;
  form.nonce = content->substr(0, kNonceCharacters);
  form.request = std::move(*request);
  return form;
}

}  // namespace gatehouse::web
