// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/transaction.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kIdCharacters = 22;
constexpr std::size_t kStateCharacters = 2 * kIdCharacters;
constexpr std::size_t kVerifierCharacters = 43;

std::string record_key(std::string_view state) {
  return "TXN#" + std::string(state.substr(0, kIdCharacters));
}

bool is_state(std::string_view text) {
  return text.size() == kStateCharacters &&
         base::base64url_decode(text.substr(0, kIdCharacters)).has_value() &&
         base::base64url_decode(text.substr(kIdCharacters)).has_value();
}

// The verifier and, if there is one, the widening, which are secret, framed by the JSON between
// them, which is not: so the secrets pass through no other buffer.
base::Secret content_of(const Transaction& transaction) {
  std::string rest;
  base::JsonWriter json(rest);
  json.begin_object();
  json.member("state", transaction.state);
  json.member("nonce", transaction.nonce);
  json.member("asked_again", transaction.asked_again);
  if (!transaction.back.empty()) json.member("back", transaction.back);
  if (transaction.request) json.member("request", oauth::request_to_json(*transaction.request));
  json.end_object();
  base::Secret content = transaction.verifier.clone();
  content.append(rest);
  if (!transaction.widening) return content;
  const base::Secret widening = encode(*transaction.widening);
  content.append("\n");
  content.append(widening.reveal());
  return content;
}

std::optional<Transaction> transaction_from(const base::Secret& content) {
  const std::string_view text = content.reveal();
  if (text.size() < kVerifierCharacters) return std::nullopt;
  // JSON as we write it has no line ends.
  const std::size_t end = text.find('\n');
  const auto document = base::JsonDocument::parse(text.substr(0, end).substr(kVerifierCharacters));
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  Transaction transaction;
  transaction.verifier = base::Secret::copy_of(text.substr(0, kVerifierCharacters));
  transaction.state = root.find_string("state").value_or("");
  transaction.nonce = root.find_string("nonce").value_or("");
  transaction.asked_again = root.find_bool("asked_again").value_or(false);
  transaction.back = root.find_string("back").value_or("");
  if (const auto request = root.find_string("request")) {
    transaction.request = oauth::request_from_json(*request);
    if (!transaction.request) return std::nullopt;
  }
  if (end != std::string_view::npos) {
    transaction.widening = decode_widening(text.substr(end + 1));
    if (!transaction.widening) return std::nullopt;
  }
  return transaction;
}

}  // namespace

Transactions::Transactions(vault::RecordVault& records, const base::Clock& clock,
                           base::Random& random)
    : records_(records), clock_(clock), random_(random) {}

std::string Transactions::fresh_id() { return random_.token(kIdBytes); }

Transaction Transactions::make(std::string_view id,
                               std::optional<oauth::AuthorizationRequest> request) {
  Transaction transaction;
  transaction.state = std::string(id) + random_.token(kIdBytes);
  transaction.nonce = random_.token(kIdBytes);
  const base::Secret bytes = random_.secret(32);
  transaction.verifier = base::base64url_encode_secret(bytes.reveal());
  transaction.request = std::move(request);
  return transaction;
}

vault::VaultTask<void> Transactions::store(const Transaction& transaction,
                                           const base::Secret& holder) {
  const std::string key = record_key(transaction.state);
  const base::Secret content = content_of(transaction);
  const base::SystemTime expires = clock_.now() + kTransactionLifetime;
  const auto created = co_await records_.create(key, content, expires, holder);
  co_return created;
}

vault::VaultTask<Transaction> Transactions::take(std::string_view state,
                                                 const base::Secret& holder) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no such sign-in"};
  if (!is_state(state)) co_return unknown;
  const std::string key = record_key(state);
  const auto opened = co_await records_.open(key, holder);
  if (!opened) co_return opened.error();
  auto transaction = transaction_from(opened->content);
  // Judged before it is used up: the second trip of a sign-in lies where the first lay, and whoever
  // comes back from the first once more must not end it.
  if (!transaction || !base::equal_in_constant_time(transaction->state, state)) co_return unknown;
  const auto taken = co_await records_.take(*opened);
  if (!taken) co_return taken.error();
  co_return std::move(*transaction);
}

base::Coroutine<void> Transactions::mark_finished(const Transaction& transaction) {
  const std::string key = record_key(transaction.state);
  const base::Secret nothing;
  const base::Secret mark = base::Secret::copy_of("finished");
  const base::SystemTime expires = clock_.now() + kTransactionLifetime;
  const auto marked = co_await records_.create(key, mark, expires, nothing);
  (void)marked;  // the worst that follows is a second consent of the same browser
}

std::string_view transaction_id(const Transaction& transaction) {
  return std::string_view(transaction.state).substr(0, kIdCharacters);
}

}  // namespace gatehouse::web
