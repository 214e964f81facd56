// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/record_seal.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/vault/envelope.h"

namespace gatehouse::vault {
namespace {

constexpr std::int64_t kRecordVersion = 1;
constexpr std::size_t kCiphertextBytesMax = 200 * 1024;

constexpr std::array<std::string_view, 6> kSealFields = {
    attribute::kCiphertext, attribute::kDataKey, attribute::kIv,
    attribute::kTag,        attribute::kSalt,    attribute::kCommitment};

bool is_seal_field(std::string_view name) {
  return std::find(kSealFields.begin(), kSealFields.end(), name) != kSealFields.end();
}

void append_attribute(std::string& out, std::string_view name, const store::Attribute& value) {
  base::append_framed(out, name);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += 'N';
    base::append_number(out, static_cast<std::uint64_t>(*number), 8);
    return;
  }
  out += 'S';
  base::append_framed(out, std::get<std::string>(value));
}

bool can_be_framed(const store::Record& record) {
  if (record.key.size() > base::kFramedBytesMax || record.write_id.size() > base::kFramedBytesMax)
    return false;
  for (const auto& [name, value] : record.attributes) {
    const auto* text = std::get_if<std::string>(&value);
    if (is_seal_field(name)) continue;
    if (name.size() > base::kFramedBytesMax) return false;
    if (text != nullptr && text->size() > base::kFramedBytesMax) return false;
  }
  return true;
}

// Attributes are kept sorted, so equal records give equal bytes.
crypto::Sha256 digest_of_clear_part(const store::Record& record) {
  std::string text;
  base::append_number(text, static_cast<std::uint64_t>(record.ttl), 8);
  base::append_number(text, static_cast<std::uint64_t>(record.version), 8);
  base::append_number(text, record.generation, 8);
  base::append_framed(text, record.write_id);
  for (const auto& [name, value] : record.attributes) {
    if (!is_seal_field(name)) append_attribute(text, name, value);
  }
  return crypto::sha256(text);
}

std::uint64_t number_or(const store::Record& record, std::string_view name, std::uint64_t other) {
  return record.has(name) ? static_cast<std::uint64_t>(record.number(name)) : other;
}

std::string additional_data_for(const std::string& table, const store::Record& record) {
  SealTerms terms;
  terms.table = table;
  terms.key = record.key;
  terms.kind = std::string_view(record.key).substr(0, record.key.find('#'));
  terms.subject = record.text(attribute::kSubject);
  terms.signed_in = number_or(record, attribute::kSignedIn, 0);
  terms.expires = number_or(record, attribute::kExpires, static_cast<std::uint64_t>(record.ttl));
  terms.content_generation = number_or(record, attribute::kContentGeneration, record.generation);
  terms.attributes = digest_of_clear_part(record);
  return additional_data(terms);
}

base::Error does_not_open(const char* why) { return base::Error{base::Errc::denied, why}; }

// A key that cannot be used says nothing about the record: nobody is signed out over it.
base::Error about_the_key(base::Error error) {
  if (error.code == base::Errc::not_found) error.code = base::Errc::unavailable;
  return error;
}

base::Result<std::string> decode(const store::Record& record, const char* name) {
  std::optional<std::string> bytes = base::base64_decode(record.text(name));
  if (!bytes) return does_not_open("a sealed field is not base64");
  return std::move(*bytes);
}

struct Sealed {
  Sealed() {}
  Envelope envelope;
  std::string wrapped_key;
};

base::Result<Sealed> sealed_fields(const store::Record& record) {
  if (record.version != kRecordVersion) return does_not_open("unknown record version");
  if (record.number(attribute::kSuite) != kSealSuite) return does_not_open("unknown suite");
  if (!can_be_framed(record)) return does_not_open("an attribute is too long");
  if (record.text(attribute::kCiphertext).size() > kCiphertextBytesMax) {
    return does_not_open("the sealed content is too long");
  }
  Sealed sealed;
  const std::pair<const char*, std::string*> parts[] = {
      {attribute::kCiphertext, &sealed.envelope.ciphertext},
      {attribute::kTag, &sealed.envelope.tag},
      {attribute::kIv, &sealed.envelope.iv},
      {attribute::kSalt, &sealed.envelope.salt},
      {attribute::kCommitment, &sealed.envelope.commitment},
      {attribute::kDataKey, &sealed.wrapped_key}};
  for (const auto& [name, bytes] : parts) {
    base::Result<std::string> decoded = decode(record, name);
    if (!decoded) return decoded.error();
    *bytes = std::move(*decoded);
  }
  return sealed;
}

}  // namespace

base::Result<void> seal_record(const std::string& table, store::Record& record,
                               const SealingKey& data_key, const base::Secret& holder_key,
                               const base::Secret& content, base::Random& random) {
  record.version = kRecordVersion;
  record.attributes.insert_or_assign(attribute::kSuite, kSealSuite);
  if (!can_be_framed(record) || content.size() > kCiphertextBytesMax / 2) {
    return base::Error{base::Errc::invalid_argument, "the record is too long to seal"};
  }
  const std::string additional = additional_data_for(table, record);
  const Envelope envelope =
      seal_envelope(data_key.plaintext, holder_key, additional, content, random);
  const std::pair<const char*, const std::string*> parts[] = {
      {attribute::kCiphertext, &envelope.ciphertext},
      {attribute::kTag, &envelope.tag},
      {attribute::kIv, &envelope.iv},
      {attribute::kSalt, &envelope.salt},
      {attribute::kCommitment, &envelope.commitment},
      {attribute::kDataKey, &data_key.wrapped}};
  for (const auto& [name, bytes] : parts) {
    record.attributes.insert_or_assign(name, base::base64_encode(*bytes));
  }
  return {};
}

base::Result<base::Secret> open_record(const std::string& table, const store::Record& record,
                                       const base::Secret& data_key,
                                       const base::Secret& holder_key) {
  const base::Result<Sealed> sealed = sealed_fields(record);
  if (!sealed) return sealed.error();
  return open_envelope(data_key, holder_key, additional_data_for(table, record), sealed->envelope);
}

base::Result<std::string> wrapped_key_of(const store::Record& record) {
  return decode(record, attribute::kDataKey);
}

RecordSeal::RecordSeal(std::string table, DataKeys& data_keys, base::Random& random)
    : table_(std::move(table)), data_keys_(data_keys), random_(random) {}

base::Task<void> RecordSeal::seal(store::Record& record, const base::Secret& holder_key,
                                  const base::Secret& content) const {
  auto data_key = co_await data_keys_.sealing_key();
  if (!data_key) co_return about_the_key(data_key.error());
  co_return seal_record(table_, record, *data_key, holder_key, content, random_);
}

base::Task<base::Secret> RecordSeal::open(const store::Record& record,
                                          const base::Secret& holder_key) const {
  // Read before the key service is asked: what is malformed costs no call.
  const base::Result<Sealed> sealed = sealed_fields(record);
  if (!sealed) co_return sealed.error();
  auto data_key = co_await data_keys_.opening_key(sealed->wrapped_key);
  if (!data_key) co_return about_the_key(data_key.error());
  const std::string additional = additional_data_for(table_, record);
  co_return open_envelope(*data_key, holder_key, additional, sealed->envelope);
}

std::string fresh_write_id(base::Random& random) { return random.token(12); }

}  // namespace gatehouse::vault
