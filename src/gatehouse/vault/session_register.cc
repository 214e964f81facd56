// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_register.h"

#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kRowsPerPage = 200;
constexpr std::string_view kPrefix = "GRANT#";

SessionSummary summary_of(const store::Record& record, const GrantRow& row) {
  SessionSummary summary;
  summary.grant = record.key.substr(kPrefix.size());
  summary.user = row.user;
  summary.client = row.client;
  summary.scope = row.scope;
  summary.signed_in_at = row.signed_in_at;
  summary.expires = row.expires;
  summary.begun = row.code.has_value();
  return summary;
}

}  // namespace

SessionRegister::SessionRegister(const std::string& table, store::RecordStore& store,
                                 store::Enumerable& rows, DataKeys& data_keys,
                                 const base::Clock& clock, base::Random& random,
                                 telemetry::Log& log)
    : rows_(rows),
      seal_(table, data_keys, random),
      records_(store, seal_, clock, log),
      epochs_(store, seal_, clock) {}

VaultTask<SessionPage> SessionRegister::list(const std::string& from) {
  auto page = co_await rows_.list(kPrefix, from, kRowsPerPage);
  if (!page) co_return refuse(page.error());
  SessionPage sessions;
  sessions.next = std::move(page->next);
  for (const store::RecordPtr& record : page->records) {
    if (is_tombstone(*record)) continue;
    const base::Result<GrantRow> row = grant_row_of(*record);
    // A row that is none of ours is for the alarm of whoever opens it, not for this list.
    if (row) sessions.sessions.push_back(summary_of(*record, *row));
  }
  co_return sessions;
}

VaultTask<void> SessionRegister::end(const std::string& grant) {
  const std::optional<std::string> id = base::base64url_decode(grant);
  if (!id || id->size() != kGrantIdBytes) {
    co_return refuse(Refused::malformed, "not the id of a session");
  }
  const std::string key = grant_record_key(*id);
  auto record = co_await records_.read(key);
  if (!record) co_return record.error();
  auto ended = co_await records_.end(key);
  co_return ended;
}

VaultTask<void> SessionRegister::end_everything_of(const base::UserId& user) {
  const std::vector<base::UserId> users{user};
  auto raised = co_await epochs_.raise(users);
  co_return raised;
}

}  // namespace gatehouse::vault
