// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/registration.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::oauth {

// Registered clients, sealed one by one as CLIENT# records: a registration is no secret, but it
// authorises redirect targets, so nobody who can write the table may alter one.
class ClientRegistry {
 public:
  ClientRegistry(const AuthorizationServerSettings& settings, vault::RecordVault& records,
                 const base::Clock& clock, base::Random& random, telemetry::Log& log);

  struct Registered {
    Registered() {}
    Client client;
    base::Secret secret;  // empty for public clients; not kept anywhere
  };
  vault::VaultTask<Registered> add(const ClientMetadata& metadata);

  // Refused::unknown for every identifier that names no live client of ours, Refused::unavailable
  // when that cannot be told now.
  vault::VaultTask<Client> find(std::string_view client_id);

  // Says that the client was given tokens. Extends its life when it was never used before or half
  // of it is gone. Best effort: what fails is tried again at the next use.
  base::Coroutine<void> note_use(const Client& client);

 private:
  const AuthorizationServerSettings& settings_;
  vault::RecordVault& records_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
