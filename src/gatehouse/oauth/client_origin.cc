// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_origin.h"

#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/client_document.h"

namespace gatehouse::oauth {

ClientOrigin origin_of_client(std::string_view client_id) {
  if (client_id.empty() || client_id.starts_with(kRegisteredIdPrefix)) {
    return ClientOrigin::registered;
  }
  if (names_client_document(client_id)) return ClientOrigin::published;
  return ClientOrigin::configured;
}

}  // namespace gatehouse::oauth
