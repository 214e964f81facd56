// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/credentials.h"

namespace gatehouse::aws {

Credentials Credentials::clone() const {
  Credentials copy;
  copy.access_key_id = access_key_id;
  copy.secret_access_key = secret_access_key.clone();
  copy.session_token = session_token.clone();
  copy.expires = expires;
  copy.source = source;
  return copy;
}

}  // namespace gatehouse::aws
