// SPDX-License-Identifier: Apache-2.0
//
// Tokens of ours on their way back: bearers, sealed states such as session ids and cursors, and
// messages between replicas. One that was altered in any byte never opens. The input serves twice:
// as such a token, and as edits of tokens that are in order.
#include <utility>

#include "fuzzing.h"
#include "gatehouse/gateway/sealer.h"
#include "gatehouse/mcp/session.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/peer_seal.h"
#include "gatehouse/vault/sealed_state.h"

namespace gatehouse::fuzzing {
namespace {

using namespace std::chrono_literals;
using vault::Bearer;
using vault::BearerKind;
using vault::TokenKeys;

constexpr BearerKind kKinds[] = {BearerKind::access, BearerKind::refresh, BearerKind::code,
                                 BearerKind::browser};

std::vector<TokenKeys::Key> two_keys() {
  std::vector<TokenKeys::Key> keys;
  keys.push_back({7, base::Secret::copy_of(std::string(32, 'k'))});
  keys.push_back({1, base::Secret::copy_of(std::string(32, 'o'))});
  return keys;
}

struct Vault {
  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  base::SeededRandom random{1};
  TokenKeys keys{two_keys()};
  vault::SealedState state{keys, clock, random};
  gateway::Sealer sealer{state};
  mcp::Sessions sessions{sealer, clock, random, 3600s};
  vault::PeerSeal peers{keys, clock, random};

  std::string bearer = std::string(vault::mint_bearer(BearerKind::access, keys.current(),
                                                      std::string(16, 'g'), 5, std::string(32, 's'))
                                       .reveal());
  std::string sealed = state.seal("cursor", "ann", "page 2", 60s);
  std::string message = peers.seal("stream-request", "http://10.0.0.7", "a message");
  std::string session_id = sessions.issue(ann(), mcp::kNewestLegacy, {});

  static mcp::Caller ann() {
    mcp::Caller caller;
    caller.principal = "ann";
    return caller;
  }
};

void check_bearer(Vault& vault, std::string_view text) {
  const auto bearer = Bearer::parse(text);
  for (const BearerKind kind : kKinds) {
    const auto peeked = vault::peek_grant_id(kind, text);
    const bool is_this = bearer && bearer->kind() == kind;
    assert(!is_this || peeked);
    assert(!peeked || !bearer || is_this);
    if (is_this) assert(bearer->grant_id() == base::as_text(*peeked));
  }
  if (!bearer) return;
  assert(text.size() == vault::kBearerTextBytes && is_visible_ascii(text));
  assert(bearer->is_proven_by(vault.keys) == (text == vault.bearer));
  // The same parts under a key of ours make a token that parses to them.
  const base::Secret minted =
      vault::mint_bearer(bearer->kind(), vault.keys.current(), bearer->grant_id(),
                         bearer->generation(), bearer->secret());
  const auto again = Bearer::parse(minted.reveal());
  assert(again && again->is_proven_by(vault.keys) && again->generation() == bearer->generation());
  assert(again->secret() == bearer->secret() && again->kind() == bearer->kind());
}

void check_sealed(Vault& vault, std::string_view token) {
  const auto opened = vault.state.open("cursor", "ann", token);
  assert(opened.has_value() == (token == vault.sealed));
  assert(!vault.state.open("cursor", "bob", token));
  assert(!vault.state.open("mcp-session", "ann", token));
}

void check_session_id(Vault& vault, std::string_view id) {
  const auto session = vault.sessions.open(Vault::ann(), id);
  assert((session != nullptr) == (id == vault.session_id));
}

// A state of any content, sealed as a session would be.
void check_session_state(Vault& vault, std::string_view state) {
  const std::string id = vault.state.seal("mcp-session", "ann", state, 60s);
  const auto opened = vault.state.open("mcp-session", "ann", id);
  assert(!id.empty() && opened && *opened == state);
  const auto session = vault.sessions.open(Vault::ann(), id);
  if (session) assert(session->expires > vault.clock.now());
}

void check_peer_message(Vault& vault, std::string_view sealed) {
  vault::PeerSeal receiver(vault.keys, vault.clock, vault.random);
  const auto opened = receiver.open("stream-request", "http://10.0.0.7", sealed);
  assert(opened.has_value() == (sealed == vault.message));
  if (!opened) return;
  assert(opened->mark == vault::PeerSeal::mark_of(sealed));
  assert(!receiver.open("stream-request", "http://10.0.0.7", sealed));  // accepted once
}

}  // namespace

void run(std::string_view input) {
  static Vault vault;
  check_bearer(vault, input);
  check_bearer(vault, edited(vault.bearer, input));
  check_sealed(vault, input);
  check_sealed(vault, edited(vault.sealed, input));
  check_session_id(vault, input);
  check_session_id(vault, edited(vault.session_id, input));
  check_session_state(vault, input.substr(0, vault::SealedState::kStateBytesMax));
  check_peer_message(vault, input);
  check_peer_message(vault, edited(vault.message, input));
}

}  // namespace gatehouse::fuzzing
