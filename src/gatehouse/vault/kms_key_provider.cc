// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/kms_key_provider.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::vault {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kDataKeyBytes = 32;
constexpr std::size_t kWrappedBytesMax = 6'144;  // KMS's own limit for a ciphertext
constexpr std::size_t kArnsMax = 16;

bool is_alias(std::string_view key) {
  return key.starts_with("alias/") || key.find(":alias/") != std::string_view::npos;
}

void write_context(base::JsonWriter& json, std::string_view name, const KeyContext& context) {
  json.key(name).begin_object();
  for (const auto& [key, value] : context) json.member(key, value);
  json.end_object();
}

// What the key's state or policy asks of an operator.
std::string_view remedy_for(std::string_view type) {
  if (type == "AccessDeniedException") {
    return ". Allow this action on the key to this role, in its policy and the key's, for the "
           "encryption context that Gatehouse sends";
  }
  if (type == "DisabledException") return ". Enable the key: aws kms enable-key --key-id KEY";
  if (type == "KMSInvalidStateException") {
    return ". If its deletion was scheduled: aws kms cancel-key-deletion --key-id KEY, then "
           "enable-key";
  }
  if (type == "NotFoundException") return ". Check GATEHOUSE_KEY and the region";
  return "";
}

// What is said about this text, and not about the key or about us.
bool is_about_the_text(std::string_view type) {
  return type == "InvalidCiphertextException" || type == "IncorrectKeyException";
}

Errc code_of(const aws::AwsError& error) {
  if (is_about_the_text(error.type)) return Errc::denied;
  switch (error.code) {
    case Errc::timeout:
    case Errc::unavailable:
      return error.code;
    case Errc::internal:
      return Errc::unavailable;
    case Errc::not_found:
    case Errc::denied:
    case Errc::invalid_argument:
    case Errc::conflict:
      // KMS will say the same again until somebody changes the key, the policy or the settings.
      return Errc::not_found;
  }
  return Errc::unavailable;
}

Error translate(std::string_view operation, const aws::AwsError& error) {
  Error translated = aws::to_error("kms " + std::string(operation), error);
  translated.code = code_of(error);
  const std::string_view remedy = remedy_for(error.type);
  if (!remedy.empty() && translated.detail.ends_with('.')) translated.detail.pop_back();
  translated.detail += remedy;
  return translated;
}

Error garbled(std::string_view operation) {
  return Error{Errc::unavailable, "kms " + std::string(operation) + " gave a garbled answer"};
}

std::optional<std::string> bytes_of(const base::JsonDocument& answer, std::string_view name) {
  const std::optional<std::string_view> text = answer.root().find_string(name);
  if (!text) return std::nullopt;
  return base::base64_decode(*text);
}

std::optional<base::Secret> secret_of(const base::JsonDocument& answer, std::string_view name) {
  const std::optional<std::string_view> text = answer.root().find_string(name);
  if (!text) return std::nullopt;
  return base::base64_decode_secret(*text);
}

bool could_be_wrapped(std::string_view wrapped) {
  return !wrapped.empty() && wrapped.size() <= kWrappedBytesMax;
}

Error not_wrapped() {
  return Error{Errc::denied, "a wrapped data key has a length that KMS never makes"};
}

}  // namespace

KmsKeyProvider::KmsKeyProvider(aws::JsonClient& client, std::vector<std::string> keys,
                               KeyContext check_context)
    : client_(client), keys_(std::move(keys)), check_context_(std::move(check_context)) {
  assert(!keys_.empty() && "there is no KMS key");
}

base::Task<DataKey> KmsKeyProvider::generate(const KeyContext& context) {
  std::string request;
  base::JsonWriter json(request);
  json.begin_object().member("KeyId", keys_.front()).member("KeySpec", "AES_256");
  write_context(json, "EncryptionContext", context);
  json.end_object();
  const base::Secret body = base::Secret::copy_of(request);
  auto answer = co_await client_.call("GenerateDataKey", body);
  if (!answer) co_return translate("GenerateDataKey", answer.error());

  std::optional<base::Secret> plaintext = secret_of(*answer, "Plaintext");
  std::optional<std::string> wrapped = bytes_of(*answer, "CiphertextBlob");
  const std::optional<std::string_view> arn = answer->root().find_string("KeyId");
  if (!plaintext || plaintext->size() != kDataKeyBytes || !wrapped || !arn ||
      !could_be_wrapped(*wrapped)) {
    co_return garbled("GenerateDataKey");
  }
  learn(*arn);
  DataKey made;
  made.plaintext = std::move(*plaintext);
  made.wrapped = std::move(*wrapped);
  co_return made;
}

base::Task<base::Secret> KmsKeyProvider::unwrap(std::string_view wrapped,
                                                const KeyContext& context) {
  if (!could_be_wrapped(wrapped)) co_return not_wrapped();
  std::string request;
  base::JsonWriter json(request);
  json.begin_object().member("CiphertextBlob", base::base64_encode(wrapped));
  // With one key KMS itself refuses all others; of several it says which one it was.
  if (keys_.size() == 1) json.member("KeyId", keys_.front());
  write_context(json, "EncryptionContext", context);
  json.end_object();
  const base::Secret body = base::Secret::copy_of(request);
  auto answer = co_await client_.call("Decrypt", body);
  if (!answer) co_return translate("Decrypt", answer.error());

  std::optional<base::Secret> plaintext = secret_of(*answer, "Plaintext");
  const std::optional<std::string_view> named = answer->root().find_string("KeyId");
  if (!plaintext || !named) co_return garbled("Decrypt");
  const std::string arn(*named);
  if (keys_.size() == 1 && is_alias(keys_.front())) learn(arn);
  auto owned = co_await check_owner(arn, context);
  if (!owned) co_return owned.error();
  if (plaintext->size() != kDataKeyBytes) {
    co_return Error{Errc::denied, "what KMS decrypted is no data key of Gatehouse"};
  }
  co_return std::move(*plaintext);
}

base::Task<void> KmsKeyProvider::check() {
  auto made = co_await generate(check_context_);
  if (!made) co_return made.error();
  auto opened = co_await unwrap(made->wrapped, check_context_);
  if (!opened) co_return opened.error();
  if (!base::equal_in_constant_time(opened->reveal(), made->plaintext.reveal())) {
    co_return Error{Errc::internal, "kms Decrypt gave another key than kms GenerateDataKey"};
  }
  co_return base::Result<void>();
}

base::Task<std::string> KmsKeyProvider::rewrap(std::string_view wrapped,
                                               const KeyContext& context) {
  if (!could_be_wrapped(wrapped)) co_return not_wrapped();
  const std::string given(wrapped);
  std::string request;
  base::JsonWriter json(request);
  json.begin_object()
      .member("CiphertextBlob", base::base64_encode(given))
      .member("DestinationKeyId", keys_.front());
  write_context(json, "SourceEncryptionContext", context);
  write_context(json, "DestinationEncryptionContext", context);
  json.end_object();
  const base::Secret body = base::Secret::copy_of(request);
  auto answer = co_await client_.call("ReEncrypt", body);
  if (!answer) co_return translate("ReEncrypt", answer.error());

  std::optional<std::string> renewed = bytes_of(*answer, "CiphertextBlob");
  const std::optional<std::string_view> destination = answer->root().find_string("KeyId");
  const std::optional<std::string_view> source = answer->root().find_string("SourceKeyId");
  if (!renewed || !could_be_wrapped(*renewed) || !destination || !source) {
    co_return garbled("ReEncrypt");
  }
  learn(*destination);
  if (*source == *destination) co_return given;
  if (!is_ours(*source)) {
    co_return Error{Errc::denied, "a data key is under the KMS key " + std::string(*source) +
                                      ", which GATEHOUSE_KEY does not name"};
  }
  co_return std::move(*renewed);
}

bool KmsKeyProvider::is_ours(std::string_view arn) const {
  if (std::find(arns_.begin(), arns_.end(), arn) != arns_.end()) return true;
  return std::any_of(keys_.begin(), keys_.end(), [arn](const std::string& key) {
    if (is_alias(key)) return false;
    return arn == key || arn.ends_with(":key/" + key);
  });
}

// An answer to a request that named the first key says which key that is.
void KmsKeyProvider::learn(std::string_view arn) {
  if (is_ours(arn)) return;
  if (arns_.size() >= kArnsMax) arns_.erase(arns_.begin());
  arns_.emplace_back(arn);
}

base::Task<void> KmsKeyProvider::learn_alias(const KeyContext& context) {
  // GenerateDataKey is the permission that every replica has; the key it makes is dropped.
  auto made = co_await generate(context);
  if (!made) co_return made.error();
  co_return base::Result<void>();
}

base::Task<void> KmsKeyProvider::check_owner(std::string_view arn, const KeyContext& context) {
  if (!is_ours(arn) && is_alias(keys_.front()) && arns_.empty()) {
    auto learnt = co_await learn_alias(context);
    if (!learnt) co_return learnt.error();
  }
  if (is_ours(arn)) co_return base::Result<void>();
  co_return Error{Errc::denied, "a data key is under the KMS key " + std::string(arn) +
                                    ", which GATEHOUSE_KEY does not name"};
}

}  // namespace gatehouse::vault
