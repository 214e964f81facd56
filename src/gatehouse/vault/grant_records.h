// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_content.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::vault {

// A grant whose seal has been opened: everything in `row` is proven.
struct OpenedGrant {
  OpenedGrant() {}
  store::RecordPtr record;  // null for a grant not yet written
  GrantRow row;
  GrantContent content;
  base::Secret grant_key;
};

// GRANT# records: reads and proves them, writes the next generation, ends them.
class GrantRecords {
 public:
  GrantRecords(store::RecordStore& store, const RecordSeal& seal, const base::Clock& clock,
               telemetry::Log& log);

  // Refused::unknown when the grant is absent or has ended.
  VaultTask<store::RecordPtr> read(const std::string& key) const;

  // Refused::tampered (logged, the record is kept) when the record is not as we wrote it.
  VaultTask<GrantRow> row_of(const store::Record& record) const;
  VaultTask<OpenedGrant> open(store::RecordPtr record, const base::Secret& grant_key) const;
  VaultTask<OpenedGrant> open_with(store::RecordPtr record, const Bearer& bearer,
                                   const TokenSlot& slot) const;

  // Seals and writes `grant` under `key` as the generation after grant.record.
  // Errc::conflict when somebody else wrote first.
  base::Task<store::RecordPtr> write(const std::string& key, OpenedGrant& grant) const;

  // Changes a grant in memory. False leaves the record as it is.
  using Step = std::function<base::Result<bool, RefusedError>(OpenedGrant&)>;
  // Takes the step and writes what came of it; when somebody else wrote first, takes it again on
  // what they have written. Afterwards `grant` is what is stored, unless the step said false.
  VaultTask<bool> change(OpenedGrant& grant, const Step& step) const;

  // Puts a tombstone where the grant was, which holds nothing and lasts a day. With `unless_above`
  // the grant stays when its Google credentials have changed since that content generation.
  VaultTask<void> end(const std::string& key,
                      std::optional<std::int64_t> unless_above = std::nullopt) const;

  // Logs a record that is not as we wrote it, and says so.
  RefusedError tampered(
      const std::string& key, std::string detail,
      const telemetry::RequestTrace& trace = telemetry::RequestTrace::none()) const;
  void log(telemetry::Level level, std::string_view event, const std::string& key,
           std::string_view detail,
           const telemetry::RequestTrace& trace = telemetry::RequestTrace::none()) const;

 private:
  VaultTask<void> reopen(OpenedGrant& grant) const;
  base::Task<void> bury(const store::Record& record) const;

  store::RecordStore& store_;
  const RecordSeal& seal_;
  const base::Clock& clock_;
  telemetry::Log& log_;
};

// The generation that the next write of this grant has.
std::uint32_t next_generation(const OpenedGrant& grant);
// What the grant's user allowed its client.
GrantTerms terms_of(const OpenedGrant& grant);
// Puts newer Google credentials in the place of the grant's.
void put_upstream(const UpstreamCredentials& upstream, OpenedGrant& grant);

}  // namespace gatehouse::vault
