// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_trace.h"

#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {

VaultTask<SessionTrace> SessionTraces::of(const LiveGrant& grant, std::string_view access_token) {
  const auto row = grant_row_of(*grant.record);
  if (!row) co_return refuse(Refused::tampered, "the grant's row cannot be read");
  const auto pickup = co_await grants_.pickup_of(grant, access_token);
  if (!pickup) co_return pickup.error();
  SessionTrace trace;
  trace.grant = grant.id;
  trace.subject = pickup->subject;
  trace.epoch = row->epoch;
  trace.signed_in_at = grant.signed_in_at;
  co_return trace;
}

VaultTask<bool> SessionTraces::lives(const SessionTrace& trace) {
  const std::string key = "GRANT#" + trace.grant;
  const auto record = co_await store_.get(key);
  if (!record && record.error().code == base::Errc::not_found) co_return false;
  if (!record) co_return refuse(record.error());
  if (is_tombstone(**record)) co_return false;
  const auto ended = co_await grants_.has_ended(trace.subject, trace.epoch, trace.signed_in_at);
  if (!ended) co_return ended.error();
  co_return !*ended;
}

}  // namespace gatehouse::vault
