// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gatehouse::web {
namespace {

std::string_view without_port(std::string_view place) {
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos ||
      place.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
    return place;
  }
  return place.substr(0, colon);
}

void add(std::vector<ClientGroup>& clients, ShownSession shown) {
  const vault::SessionNote& note = shown.session.note;
  const auto same = std::find_if(clients.begin(), clients.end(), [&note](const ClientGroup& group) {
    return is_same_client(group.sessions.front().session.note, note);
  });
  if (same != clients.end()) {
    same->sessions.push_back(std::move(shown));
    return;
  }
  ClientGroup group;
  group.name = note.client_name;
  group.place = without_port(note.place);
  group.sessions.push_back(std::move(shown));
  clients.push_back(std::move(group));
}

}  // namespace

bool is_same_client(const vault::SessionNote& one, const vault::SessionNote& other) {
  return one.client_name == other.client_name &&
         without_port(one.place) == without_port(other.place);
}

AccountView account_view(std::vector<vault::OwnSession> sessions, const ActivitySource& activity) {
  AccountView view;
  view.counted_since = activity.since();
  for (vault::OwnSession& session : sessions) {
    if (session.state != vault::SessionState::live) {
      view.ended.push_back(std::move(session));
      continue;
    }
    ShownSession shown;
    shown.activity = activity.of(session.note.grant);
    shown.session = std::move(session);
    add(view.clients, std::move(shown));
  }
  return view;
}

}  // namespace gatehouse::web
