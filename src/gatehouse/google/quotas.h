// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/google/api.h"

namespace gatehouse::google {

// Units of one API that Google lets be spent in a minute.
struct ApiQuota {
  int per_user = 0;
  int per_project = 0;  // by all users of this process together

  bool operator==(const ApiQuota&) const = default;
};

// What Google allows, and what its methods cost: the list for projects made since May 2026, as far
// as an operator does not say otherwise. Google changes it with notice, and older projects keep
// older prices.
class Quotas {
 public:
  Quotas();

  const ApiQuota& of(Api api) const { return apis_[static_cast<std::size_t>(api)]; }
  // In units, by Google's id of the method ("gmail.users.messages.get"); 1 for what is not listed.
  int price_of(std::string_view method_id) const;

  // Takes over what stands in a JSON text of the form that text() has; what it leaves out stays.
  // Errc::invalid_argument says what is wrong and what to write instead.
  base::Result<void> take(std::string_view json);
  // All of it, for an operator to begin with; two spaces a level.
  std::string text() const;

 private:
  std::array<ApiQuota, kApiCount> apis_;
  std::map<std::string, int, std::less<>> prices_;
};

inline constexpr std::size_t kQuotasBytesMax = 64 * 1024;

}  // namespace gatehouse::google
