// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/call_allowance.h"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kMethod = "tools/call";
constexpr std::size_t kCountedMax = 50;  // messages in a batch, and more are refused

}  // namespace

std::size_t calls_at_most(const http::Request& request) {
  if (request.method != http::Method::post) return 0;
  std::size_t found = 0;
  std::string_view rest = request.body;
  while (found < kCountedMax) {
    const std::size_t at = rest.find(kMethod);
    if (at == std::string_view::npos) break;
    ++found;
    rest.remove_prefix(at + kMethod.size());
  }
  if (found > 0) return found;
  // JSON can write any letter as an escape.
  return request.body.find('\\') == std::string_view::npos ? 0 : 1;
}

std::optional<std::chrono::seconds> CallAllowance::take(const std::string& user,
                                                        std::size_t calls) {
  using std::chrono::nanoseconds;
  const nanoseconds whole = per_call() * limits_.burst;
  const Instant now = clock_.steady_now();
  Instant& full_again = entry_of(user);
  const Instant then = std::max(full_again, now) + per_call() * calls;
  if (then - now > whole) return std::chrono::ceil<std::chrono::seconds>(then - now - whole);
  full_again = then;
  return std::nullopt;
}

bool CallAllowance::is_spent(const std::string& user) const {
  const auto known = full_again_.find(user);
  const bool is_shared = known == full_again_.end() && full_again_.size() >= limits_.users_max;
  if (known == full_again_.end() && !is_shared) return false;
  const Instant full_again = is_shared ? shared_ : known->second;
  const std::chrono::nanoseconds whole = per_call() * limits_.burst;  // signed again
  return full_again + per_call() - clock_.steady_now() > whole;
}

std::chrono::nanoseconds CallAllowance::per_call() const {
  return std::chrono::nanoseconds(std::chrono::seconds(1)) / limits_.per_second;
}

CallAllowance::Instant& CallAllowance::entry_of(const std::string& user) {
  const auto known = full_again_.find(user);
  if (known != full_again_.end()) return known->second;
  if (full_again_.size() >= limits_.users_max) forget_idle();
  if (full_again_.size() >= limits_.users_max) return shared_;
  return full_again_[user];
}

void CallAllowance::forget_idle() {
  const Instant now = clock_.steady_now();
  std::erase_if(full_again_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace gatehouse::gateway
