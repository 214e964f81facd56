// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/shared_cookie.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretCharacters = 43;
constexpr int kOpenMax = 99;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "SECRET.COUNT", the count of one or two digits.
std::optional<int> count_of(std::string_view value) {
  if (value.size() < kSecretCharacters + 2 || value.size() > kSecretCharacters + 3) {
    return std::nullopt;
  }
  if (value[kSecretCharacters] != '.') return std::nullopt;
  const std::string_view digits = value.substr(kSecretCharacters + 1);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  int count = 0;
  for (const char digit : digits) count = count * 10 + (digit - '0');
  return count;
}

}  // namespace

SharedCookie::SharedCookie(const http::CookiePolicy& policy, std::string name,
                           std::chrono::seconds lifetime, base::Random& random)
    : policy_(policy), name_(std::move(name)), lifetime_(lifetime), random_(random) {}

std::optional<SharedCookie::Held> SharedCookie::read(const http::Request& request) const {
  const auto value = policy_.read(request, name_);
  if (!value) return std::nullopt;
  const auto open = count_of(*value);
  const std::string_view secret = value->substr(0, kSecretCharacters);
  if (!open || !base::base64url_decode_secret(secret)) return std::nullopt;
  Held held;
  held.secret = base::Secret::copy_of(secret);
  held.open = *open;
  return held;
}

SharedCookie::Held SharedCookie::read_or_make(const http::Request& request) {
  auto known = read(request);
  if (known) return std::move(*known);
  const base::Secret bytes = random_.secret(kSecretBytes);
  Held held;
  held.secret = base::base64url_encode_secret(bytes.reveal());
  return held;
}

void SharedCookie::add_tab(http::Response& response, const Held& held) const {
  set(response, held, std::min(held.open + 1, kOpenMax));
}

void SharedCookie::drop_tab(http::Response& response, const Held& held) const {
  if (held.open > 1) return set(response, held, held.open - 1);
  response.with("Set-Cookie", policy_.clear(name_));
}

void SharedCookie::set(http::Response& response, const Held& held, int open) const {
  std::string value(held.secret.reveal());
  value.append(".").append(std::to_string(open));
  response.with("Set-Cookie", policy_.set(name_, value, lifetime_));
}

}  // namespace gatehouse::web
