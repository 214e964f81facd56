// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/sealed_request_state.h"

#include <chrono>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kPurpose = "mcp-request-state";
constexpr std::chrono::minutes kLifetime(10);
constexpr std::size_t kTokenBytesMax = 64 * 1024;

std::string fingerprint(const std::string& identity) {
  const crypto::Sha256 digest = crypto::sha256(identity);
  return base::base64url_encode(crypto::view(digest));
}

}  // namespace

std::string seal_request_state(StateSealer& sealer, const std::string& principal,
                               const std::string& identity, const std::string& state) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("request", fingerprint(identity));
  json.member("state", state).end_object();
  return sealer.seal(kPurpose, principal, text, kLifetime);
}

base::Result<std::string> open_request_state(StateSealer& sealer, const std::string& principal,
                                             const std::string& identity, std::string_view token) {
  if (token.size() > kTokenBytesMax) return base::Error{base::Errc::denied, "too long"};
  const base::Result<std::string> text = sealer.open(kPurpose, principal, token);
  if (!text) return text.error();
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(*text);
  if (!document) return document.error();
  const auto request = document->root().find_string("request");
  const auto state = document->root().find_string("state");
  if (!request || !state || *request != fingerprint(identity))
    return base::Error{base::Errc::denied, "issued for another request"};
  return std::string(*state);
}

}  // namespace gatehouse::mcp
