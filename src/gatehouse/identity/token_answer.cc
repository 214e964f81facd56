// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/token_answer.h"

#include <algorithm>
#include <optional>
#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/identity/scope_names.h"

namespace gatehouse::identity {
namespace {

using base::JsonValue;

constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::size_t kIdTokenBytesMax = 16 * 1024;
constexpr std::int64_t kLifetimeMax = 24 * 60 * 60;

// Error words come from outside; only what looks like one is repeated to operators.
std::string word(std::string_view text) {
  const bool is_word = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return is_word ? std::string(text) : "unreadable";
}

Refusal refusal_of(TokenRequest request, std::string_view error) {
  if (error == "invalid_client") return Refusal::client_misconfigured;
  if (error == "redirect_uri_mismatch") return Refusal::client_misconfigured;
  // At a refresh: the token was given to another client than the one configured now. Only a new
  // sign-in helps.
  if (error == "unauthorized_client") {
    return request == TokenRequest::refresh ? Refusal::refresh_revoked
                                            : Refusal::client_misconfigured;
  }
  if (error == "invalid_grant") {
    return request == TokenRequest::refresh ? Refusal::refresh_revoked : Refusal::provider_refused;
  }
  if (error == "internal_failure" || error == "server_error" ||
      error == "temporarily_unavailable") {
    return Refusal::provider_unreachable;
  }
  return Refusal::provider_refused;
}

RefusalError error_answer(TokenRequest request, int status, const JsonValue& root) {
  const auto error = root.find_string("error");
  if (!error)
    return {Refusal::provider_unreachable,
            "token endpoint: status " + std::to_string(status) + " without an error"};
  std::string detail = "token endpoint: " + word(*error);
  if (const auto subtype = root.find_string("error_subtype")) detail += ", " + word(*subtype);
  return {refusal_of(request, *error), std::move(detail)};
}

std::optional<base::Secret> token_in(const JsonValue& root, std::string_view name,
                                     std::size_t bytes_max) {
  const auto text = root.find_string(name);
  const bool is_token = text && !text->empty() && text->size() <= bytes_max &&
                        std::ranges::all_of(*text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_token) return std::nullopt;
  return base::Secret::copy_of(*text);
}

RefusalError nonsense(std::string_view what) {
  return {Refusal::provider_unreachable,
          "token endpoint: answer without a sensible " + std::string(what)};
}

}  // namespace

base::Result<TokenAnswer, RefusalError> read_token_answer(TokenRequest request, int status,
                                                          std::string_view body,
                                                          base::SystemTime now) {
  if (status >= 500 || status == 429 || status == 408) {
    return RefusalError{Refusal::provider_unreachable,
                        "token endpoint: status " + std::to_string(status)};
  }
  if (body.empty()) return nonsense("body, status " + std::to_string(status));
  const auto document = base::JsonDocument::parse(body);
  if (!document || !document->root().is_object())
    return nonsense("JSON object, status " + std::to_string(status));
  const auto root = document->root();
  if (status != 200) return error_answer(request, status, root);

  auto access = token_in(root, "access_token", kTokenBytesMax);
  if (!access) return nonsense("access_token");
  if (!base::equal_ignoring_case(root.find_string("token_type").value_or(""), "bearer"))
    return nonsense("token_type");
  const auto lifetime = root.find_integer("expires_in");
  if (!lifetime || *lifetime <= 0) return nonsense("expires_in");

  TokenAnswer answer;
  answer.tokens.access_token = *std::move(access);
  answer.tokens.access_expires = now + std::chrono::seconds(std::min(*lifetime, kLifetimeMax));
  answer.tokens.scopes = short_scope_names(root.find_string("scope").value_or(""));
  if (root.find("refresh_token")) {
    auto refresh = token_in(root, "refresh_token", kTokenBytesMax);
    if (!refresh) return nonsense("refresh_token");
    answer.tokens.refresh_token = *std::move(refresh);
  }
  if (auto id_token = token_in(root, "id_token", kIdTokenBytesMax))
    answer.id_token = *std::move(id_token);
  return answer;
}

}  // namespace gatehouse::identity
