// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/own_addresses.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kAliasesMax = 100;
constexpr std::size_t kNameMax = 100;

// "accepted" stands only at addresses that had to be verified.
bool can_send_as(const base::JsonValue& alias) {
  return alias.find_bool("isPrimary").value_or(false) ||
         alias.find_string("verificationStatus") == "accepted";
}

}  // namespace

google::ApiTask<std::vector<OwnAddress>> load_own_addresses(Services& services,
                                                            google::TokenSource& tokens,
                                                            const MailAddress& account) {
  const google::ApiCall call = list_send_as();
  const auto answer = co_await services.api.call(tokens, call);
  if (!answer) co_return answer.error();
  std::vector<OwnAddress> own{{account, true}};
  const auto aliases = answer->root().find("sendAs");
  if (!aliases) co_return own;
  for (const base::JsonValue& alias : aliases->elements()) {
    AddressList list = parse_address_list(alias.find_string("sendAsEmail").value_or(""));
    if (list.addresses.size() != 1 || own.size() >= kAliasesMax) continue;
    MailAddress& address = list.addresses.front();
    if (address.is_same_mailbox(account)) continue;
    address.name =
        shortened(clean_line(alias.find_string("displayName").value_or("")).text, kNameMax);
    if (address.name.empty()) address.name = account.name;
    own.push_back({std::move(address), can_send_as(alias)});
  }
  co_return own;
}

}  // namespace gatehouse::workspace::gmail
