// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/mail_address.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// An address under which the user can be met.
struct OwnAddress {
  MailAddress address;
  bool can_send = true;  // Gmail lets them write as it: it is the account's own, or was verified
};

// The account's own first, then those that the user has set up in Gmail to send as.
google::ApiTask<std::vector<OwnAddress>> load_own_addresses(Services& services,
                                                            google::TokenSource& tokens,
                                                            const MailAddress& account);

}  // namespace gatehouse::workspace::gmail
