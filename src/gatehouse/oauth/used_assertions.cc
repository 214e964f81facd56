// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/used_assertions.h"

#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {

base::Coroutine<UsedAssertions::Use> UsedAssertions::note(std::string_view chosen_by,
                                                          std::string_view id,
                                                          base::SystemTime until,
                                                          const telemetry::RequestTrace& trace) {
  const crypto::Sha256 digest = crypto::sha256({chosen_by, "\n", id});
  const std::string key = "TXN#jti-" + base::base64url_encode(crypto::view(digest));
  const base::Secret content = base::Secret::copy_of("used");
  const base::Secret no_holder;
  const auto created = co_await records_.create(key, content, until, no_holder);
  if (created) co_return Use::first;
  if (created.error().code == vault::Refused::replayed) co_return Use::again;
  telemetry::TracedLog(log_, trace)
      .error("assertion not noted",
             {{telemetry::Field::detail, std::string_view(created.error().detail)}});
  co_return Use::unknown;
}

}  // namespace gatehouse::oauth
