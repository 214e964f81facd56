// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/session.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kPurpose = "mcp-session";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kIdBytesMax = 2048;
constexpr std::size_t kSlots = 1024;
constexpr std::size_t kTailBytes = 16;
constexpr std::size_t kEndedMax = 16 * 1024;

std::string state_of(const Session& session) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("key", session.key).member("revision", name_of(session.revision));
  json.member("expires", base::epoch_seconds(session.expires));
  write_capability_members(json, session.capabilities);
  json.end_object();
  return text;
}

std::optional<Session> session_of(const base::JsonValue& state) {
  const auto key = state.find_string("key");
  const auto revision = revision_named(state.find_string("revision").value_or(""));
  const auto expires = state.find_integer("expires");
  if (!key || !revision || !expires) return std::nullopt;
  Session session;
  session.key = std::string(*key);
  session.revision = *revision;
  session.expires = base::from_epoch_seconds(*expires);
  session.capabilities = read_capability_members(state);
  return session;
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7E; });
}

// The last part of a sealed text is its tag, which is as good as any hash of the whole.
std::string_view tail_of(std::string_view id) {
  return id.substr(id.size() - std::min(id.size(), kTailBytes));
}

}  // namespace

Sessions::Sessions(StateSealer& sealer, const base::Clock& clock, base::Random& random,
                   std::chrono::seconds lifetime)
    : sealer_(sealer), clock_(clock), random_(random), lifetime_(lifetime), slots_(kSlots) {}

std::string Sessions::issue(const Caller& caller, Revision revision,
                            const ClientCapabilities& capabilities) {
  Session session;
  session.key = random_.token(kKeyBytes);
  session.revision = revision;
  session.capabilities = capabilities;
  session.expires = clock_.now() + lifetime_;
  std::string id = sealer_.seal(kPurpose, caller.principal, state_of(session), lifetime_);
  assert(!id.empty() && id.size() <= kIdBytesMax && is_visible_ascii(id));
  return id;
}

std::shared_ptr<const Session> Sessions::open(const Caller& caller, std::string_view id) {
  Slot& slot = slots_[std::hash<std::string_view>()(tail_of(id)) % kSlots];
  const bool known = slot.session && slot.id == id && slot.principal == caller.principal;
  std::shared_ptr<const Session> session = known ? slot.session : unseal(caller, id);
  if (!session || session->expires <= clock_.now() || is_ended(session->key)) return nullptr;
  if (!known) slot = {std::string(id), caller.principal, session};
  return session;
}

std::shared_ptr<const Session> Sessions::unseal(const Caller& caller, std::string_view id) {
  if (id.empty() || id.size() > kIdBytesMax) return nullptr;
  const base::Result<std::string> state = sealer_.open(kPurpose, caller.principal, id);
  if (!state) return nullptr;
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(*state);
  if (!document) return nullptr;
  std::optional<Session> session = session_of(document->root());
  if (!session) return nullptr;
  return std::make_shared<const Session>(std::move(*session));
}

void Sessions::end(const Session& session) {
  forget_expired();
  if (!ended_.emplace(session.key, session.expires).second) return;
  ended_in_order_.push_back({session.key, session.expires});
}

bool Sessions::is_ended(const std::string& key) const { return ended_.contains(key); }

// Lifetimes are equal, so the oldest expires first, nearly; the limit keeps the list short in any
// case.
void Sessions::forget_expired() {
  while (!ended_in_order_.empty() &&
         (ended_in_order_.front().expires <= clock_.now() || ended_in_order_.size() >= kEndedMax)) {
    ended_.erase(ended_in_order_.front().key);
    ended_in_order_.pop_front();
  }
}

}  // namespace gatehouse::mcp
