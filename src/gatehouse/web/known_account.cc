// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/known_account.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::web {
namespace {

constexpr std::string_view kCookie = "gth_account";
constexpr std::string_view kPurpose = "known account";
// Longer than a week, so that it is there when a session has ended, and a holiday with it.
constexpr std::chrono::hours kLifetime{30 * 24};

}  // namespace

KnownAccount::KnownAccount(const http::CookiePolicy& cookies, const vault::SealedState& seals)
    : cookies_(cookies), seals_(seals) {}

base::UserId KnownAccount::read(const http::Request& request) const {
  const auto cookie = cookies_.read(request, kCookie);
  if (!cookie) return base::UserId();
  auto subject = seals_.open(kPurpose, "", *cookie);
  if (!subject) return base::UserId();
  return base::UserId(std::move(*subject));
}

void KnownAccount::remember(http::Response& response, const base::UserId& subject) const {
  const std::string sealed = seals_.seal(kPurpose, "", subject.str(), kLifetime);
  response.with("Set-Cookie", cookies_.set(kCookie, sealed, kLifetime));
}

void KnownAccount::forget(http::Response& response) const {
  response.with("Set-Cookie", cookies_.clear(kCookie));
}

}  // namespace gatehouse::web
