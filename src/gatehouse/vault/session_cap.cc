// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_cap.h"

#include <algorithm>

namespace gatehouse::vault {
namespace {

// Of a client that has not come for its tokens yet, the sign-in.
base::SystemTime last_given(const OwnSession& session) {
  return std::max(session.note.signed_in_at, session.renewed_at);
}

bool is_older(const OwnSession* one, const OwnSession* other) {
  if (last_given(*one) != last_given(*other)) return last_given(*one) < last_given(*other);
  return one->note.signed_in_at < other->note.signed_in_at;
}

}  // namespace

std::vector<std::string> surplus_of(const std::vector<OwnSession>& sessions,
                                    const std::string& newest, std::size_t most) {
  std::vector<const OwnSession*> others;
  std::size_t living = 0;
  for (const OwnSession& session : sessions) {
    if (session.state != SessionState::live) continue;
    ++living;
    if (session.note.grant != newest) others.push_back(&session);
  }
  std::stable_sort(others.begin(), others.end(), is_older);
  std::vector<std::string> surplus;
  for (std::size_t i = 0; i < others.size() && living > most; ++i, --living) {
    surplus.push_back(others[i]->note.grant);
  }
  return surplus;
}

}  // namespace gatehouse::vault
