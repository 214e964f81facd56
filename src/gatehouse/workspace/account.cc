// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/account.h"

#include <cassert>

namespace gatehouse::workspace {

base::Coroutine<Remedy> Account::remedy(const std::string&) const { co_return Remedy(); }

const Account& account_of(const mcp::Caller& caller) {
  const auto* account = dynamic_cast<const Account*>(&caller);
  assert(account != nullptr);
  return *account;
}

}  // namespace gatehouse::workspace
