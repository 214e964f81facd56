// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::oauth {

// Who says what a client is called and where its answers go.
enum class ClientOrigin {
  registered,  // the client itself, whoever it is
  published,   // whoever controls the host of its document (client_document_host)
  configured,  // the operator
};

// Told by the id alone: no client of one origin can have an id of another. No id is nobody's word
// but the client's.
ClientOrigin origin_of_client(std::string_view client_id);

}  // namespace gatehouse::oauth
