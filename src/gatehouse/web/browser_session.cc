// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/browser_session.h"

#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::web {
namespace {

constexpr std::string_view kCookie = "gth_browser";
constexpr std::string_view kPrefix = "gth_b_";
constexpr std::size_t kIdCharacters = 22;
constexpr std::size_t kSecretCharacters = 43;

// What the cookie holds: "gth_b_", the id of the record, the secret that opens it.
struct CookieParts {
  std::string id;
  base::Secret secret;
};

std::optional<CookieParts> parts_of(std::string_view cookie) {
  if (cookie.size() != kPrefix.size() + kIdCharacters + kSecretCharacters) return std::nullopt;
  if (!cookie.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = cookie.substr(kPrefix.size(), kIdCharacters);
  const std::string_view secret = cookie.substr(kPrefix.size() + kIdCharacters);
  if (!base::base64url_decode(id) || !base::base64url_decode_secret(secret)) return std::nullopt;
  return CookieParts{std::string(id), base::Secret::copy_of(secret)};
}

std::string record_key(const std::string& id) { return "BROWSER#" + id; }

base::Secret content_of(const BrowserSession& session) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("subject", session.subject.str());
  json.member("email", session.email);
  json.member("name", session.name);
  json.member("domain", session.domain);
  json.member("signed_in_at", base::epoch_seconds(session.signed_in_at));
  json.member("expires", base::epoch_seconds(session.expires));
  json.member("epoch", session.epoch);
  json.end_object();
  return base::Secret::copy_of(out);
}

std::optional<BrowserSession> session_from(const base::Secret& content) {
  const auto document = base::JsonDocument::parse(content.reveal());
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  const auto subject = root.find_string("subject");
  const auto signed_in_at = root.find_integer("signed_in_at");
  const auto expires = root.find_integer("expires");
  const auto epoch = root.find_integer("epoch");
  if (!subject || !signed_in_at || !expires || !epoch) return std::nullopt;
  BrowserSession session;
  session.subject = base::UserId(std::string(*subject));
  session.email = root.find_string("email").value_or("");
  session.name = root.find_string("name").value_or("");
  session.domain = root.find_string("domain").value_or("");
  session.signed_in_at = base::from_epoch_seconds(*signed_in_at);
  session.expires = base::from_epoch_seconds(*expires);
  session.epoch = *epoch;
  return session;
}

}  // namespace

BrowserSessions::BrowserSessions(const SiteSettings& settings, vault::RecordVault& records,
                                 vault::GrantVault& grants, const http::CookiePolicy& cookies,
                                 const base::Clock& clock, base::Random& random)
    : settings_(settings),
      records_(records),
      grants_(grants),
      cookies_(cookies),
      clock_(clock),
      random_(random) {}

vault::VaultTask<std::string> BrowserSessions::begin(const identity::Person& person) {
  const auto epoch = co_await grants_.epoch_of(person.user);
  if (!epoch) co_return epoch.error();
  BrowserSession session;
  session.epoch = *epoch;
  session.id = random_.token(16);
  session.subject = person.user;
  session.email = person.email;
  session.name = person.name;
  session.domain = person.domain;
  session.signed_in_at = clock_.now();
  session.expires = session.signed_in_at + settings_.session_ttl;
  const base::Secret bytes = random_.secret(32);
  const base::Secret secret = base::base64url_encode_secret(bytes.reveal());

  const std::string key = record_key(session.id);
  const base::Secret content = content_of(session);
  const auto created = co_await records_.create(key, content, session.expires, secret);
  if (!created) co_return created.error();
  std::string value(kPrefix);
  value.append(session.id).append(secret.reveal());
  co_return cookies_.set(kCookie, value, settings_.session_ttl);
}

vault::VaultTask<BrowserSession> BrowserSessions::find(const http::Request& request) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no browser session"};
  const auto cookie = cookies_.read(request, kCookie);
  const auto parts = parts_of(cookie.value_or(""));
  if (!parts) co_return unknown;
  const std::string key = record_key(parts->id);
  const auto opened = co_await records_.open(key, parts->secret);
  if (!opened) {
    if (opened.error().code == vault::Refused::unavailable) co_return opened.error();
    co_return unknown;
  }
  auto session = session_from(opened->content);
  if (!session || session->expires <= clock_.now()) co_return unknown;
  const auto ended =
      co_await grants_.has_ended(session->subject, session->epoch, session->signed_in_at);
  if (!ended) co_return ended.error();
  if (*ended) co_return unknown;
  session->id = parts->id;
  co_return std::move(*session);
}

vault::VaultTask<void> BrowserSessions::end(const BrowserSession& session) {
  const std::string key = record_key(session.id);
  const auto removed = co_await records_.remove(key);
  co_return removed;
}

std::string BrowserSessions::clearing_cookie() const { return cookies_.clear(kCookie); }

}  // namespace gatehouse::web
