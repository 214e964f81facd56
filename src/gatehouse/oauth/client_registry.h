// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/client_documents.h"
#include "gatehouse/oauth/registration.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::oauth {

// Every client there is. Those that registered lie sealed one by one as CLIENT# records: a
// registration is no secret, but it authorises redirect targets, so nobody who can write the table
// may alter one. Those that publish themselves, and those of the configuration, leave no record.
class ClientRegistry {
 public:
  ClientRegistry(const AuthorizationServerSettings& settings, vault::RecordVault& records,
                 ClientDocuments& documents, const base::Clock& clock, base::Random& random,
                 telemetry::Log& log);

  struct Registered {
    Registered() {}
    Client client;
    base::Secret secret;  // empty unless it authenticates by one; not kept anywhere
  };
  vault::VaultTask<Registered> add(const ClientMetadata& metadata);

  // Answers with 401 for every identifier that names no client, with 503 when that cannot be told
  // now (`status_of` the reason).
  base::Coroutine<Judged<Client>> find(std::string_view client_id,
                                       const telemetry::RequestTrace& trace);

  // Says that the client was given tokens. Extends its life when it was never used before or half
  // of it is gone; of a client without a record nothing is kept. Best effort: what fails is tried
  // again at the next use.
  base::Coroutine<void> note_use(const Client& client, const telemetry::RequestTrace& trace);

 private:
  const Client* find_configured(std::string_view client_id) const;
  base::Coroutine<Judged<Client>> find_registered(std::string_view client_id,
                                                  const telemetry::RequestTrace& trace);

  const AuthorizationServerSettings& settings_;
  vault::RecordVault& records_;
  ClientDocuments& documents_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
