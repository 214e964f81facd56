// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_names.h"

#include "gatehouse/workspace/gmail/api_calls.h"

namespace gatehouse::workspace::gmail {

base::Coroutine<LabelNames> label_names(Services& services, google::TokenSource& tokens) {
  const auto owner = co_await cache_owner(tokens);
  if (!owner) co_return LabelNames();
  const auto known = services.mail_cache.labels(*owner, services.clock.now());
  if (known) co_return *known;
  const google::ApiCall call = list_labels();
  const auto answer = co_await services.api.call(tokens, call);
  if (!answer) co_return LabelNames();
  const LabelNames names = read_labels(answer->root());
  services.mail_cache.put_labels(*owner, names, services.clock.now());
  co_return names;
}

}  // namespace gatehouse::workspace::gmail
