// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/widening.h"

#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kSecretCharacters = 43;

}  // namespace

Widening copy_of(const Widening& widening) {
  Widening copy;
  copy.pickup.record_key = widening.pickup.record_key;
  copy.pickup.secret = widening.pickup.secret.clone();
  copy.pickup.grant = widening.pickup.grant;
  copy.pickup.subject = widening.pickup.subject;
  copy.pickup.email = widening.pickup.email;
  copy.client = widening.client;
  copy.held = widening.held;
  copy.added = widening.added;
  copy.until = widening.until;
  return copy;
}

bool awaits_account(const Widening& widening) { return !widening.pickup.email.empty(); }

bool is_own_account(const Widening& widening, const identity::Person& person) {
  if (!awaits_account(widening)) return person.user == widening.pickup.subject;
  return base::equal_ignoring_case(person.email, widening.pickup.email);
}

std::string account_hint(const Widening& widening) {
  return awaits_account(widening) ? widening.pickup.email : widening.pickup.subject.str();
}

oauth::Scopes scopes_of(const Widening& widening) {
  oauth::Scopes all = widening.held;
  for (std::string& scope : oauth::difference(widening.added, widening.held)) {
    all.push_back(std::move(scope));
  }
  return all;
}

base::Secret encode(const Widening& widening) {
  std::string rest;
  base::JsonWriter json(rest);
  json.begin_object();
  json.member("pickup", widening.pickup.record_key);
  json.member("grant", widening.pickup.grant);
  json.member("subject", widening.pickup.subject.str());
  if (awaits_account(widening)) json.member("email", widening.pickup.email);
  json.member("client", widening.client.str());
  json.member("held", oauth::join_scopes(widening.held));
  json.member("added", oauth::join_scopes(widening.added));
  json.member("until", base::epoch_seconds(widening.until));
  json.end_object();
  base::Secret text = widening.pickup.secret.clone();
  text.append(rest);
  return text;
}

std::optional<Widening> decode_widening(std::string_view text) {
  if (text.size() < kSecretCharacters) return std::nullopt;
  const auto document = base::JsonDocument::parse(text.substr(kSecretCharacters));
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  auto held = oauth::parse_scope(root.find_string("held").value_or(""));
  auto added = oauth::parse_scope(root.find_string("added").value_or(""));
  const auto pickup = root.find_string("pickup");
  const auto until = root.find_integer("until");
  if (!held || !added || added->empty() || !pickup || !until) return std::nullopt;
  Widening widening;
  widening.pickup.record_key = *pickup;
  widening.pickup.secret = base::Secret::copy_of(text.substr(0, kSecretCharacters));
  widening.pickup.grant = root.find_string("grant").value_or("");
  widening.pickup.email = root.find_string("email").value_or("");
  widening.pickup.subject = base::UserId(std::string(root.find_string("subject").value_or("")));
  widening.client = base::ClientId(std::string(root.find_string("client").value_or("")));
  widening.held = std::move(*held);
  widening.added = std::move(*added);
  widening.until = base::from_epoch_seconds(*until);
  return widening;
}

}  // namespace gatehouse::web
