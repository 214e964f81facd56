// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/local_key_provider.h"

#include <cassert>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/aead.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/local_key_file.h"

namespace gatehouse::vault {
namespace {

// Wrapped form: key id 1 | salt 32 | nonce 12 | data key 32 | tag 16. The salt gives every wrap a
// key of its own.
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kDataKeyBytes = 32;
constexpr std::size_t kHeadBytes = 1 + kSaltBytes + crypto::kAeadNonceBytes;
constexpr std::size_t kWrappedBytes = kHeadBytes + kDataKeyBytes + crypto::kAeadTagBytes;

// The map is sorted by name, so equal contexts give equal bytes.
std::string canonical(const KeyContext& context) {
  std::string text;
  for (const auto& [name, value] : context) {
    base::append_framed(text, name);
    base::append_framed(text, value);
  }
  return text;
}

base::Secret wrapping_key(const TokenKeys::Key& master, std::string_view salt) {
  return crypto::hkdf_sha256({master.bytes.reveal()}, salt, "gatehouse/kek/1",
                             crypto::kAeadKeyBytes);
}

std::string wrap(const TokenKeys::Key& master, const base::Secret& plaintext,
                 const KeyContext& context, base::Random& random) {
  std::string wrapped(kHeadBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(wrapped.data()), wrapped.size()});
  wrapped[0] = static_cast<char>(master.id);
  const std::string_view head = wrapped;
  const base::Secret key = wrapping_key(master, head.substr(1, kSaltBytes));
  const std::string additional = canonical(context);
  const crypto::SealedBytes sealed =
      crypto::aead_seal(key.reveal(), head.substr(1 + kSaltBytes), additional, plaintext.reveal());
  return wrapped + sealed.ciphertext + sealed.tag;
}

}  // namespace

LocalKeyProvider::LocalKeyProvider(std::vector<TokenKeys::Key> master_keys, base::Random& random)
    : keys_(std::move(master_keys)), random_(random), log_(nullptr) {
  assert(!keys_.empty() && "there is no master key");
  for (const TokenKeys::Key& key : keys_) assert(key.bytes.size() == crypto::kAeadKeyBytes);
}

LocalKeyProvider::LocalKeyProvider(std::vector<TokenKeys::Key> master_keys, std::string key_path,
                                   base::Random& random, telemetry::Log& log)
    : keys_(std::move(master_keys)), key_path_(std::move(key_path)), random_(random), log_(&log) {
  assert(!keys_.empty() && "there is no master key");
  for (const TokenKeys::Key& key : keys_) assert(key.bytes.size() == crypto::kAeadKeyBytes);
}

const TokenKeys::Key* LocalKeyProvider::find(std::uint8_t id) const {
  for (const TokenKeys::Key& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

// Whether a key under a known id is another one: then it is some other deployment's file.
bool LocalKeyProvider::contradicts(const std::vector<TokenKeys::Key>& keys) const {
  for (const TokenKeys::Key& key : keys) {
    const TokenKeys::Key* const known = find(key.id);
    if (known == nullptr) continue;
    if (!base::equal_in_constant_time(known->bytes.reveal(), key.bytes.reveal())) return true;
  }
  return false;
}

void LocalKeyProvider::read_again_if_changed() {
  if (key_path_.empty()) return;
  std::string stamp = key_file_stamp(key_path_);
  if (stamp == stamp_) return;
  stamp_ = std::move(stamp);
  base::Result<LocalKeys> read = read_key_file(key_path_);
  if (read && !contradicts(read->master_keys)) {
    keys_ = std::move(read->master_keys);
    return;
  }
  const std::string detail =
      read ? "it gives a known id to another key: it belongs to another installation"
           : read.error().detail;
  log_->error("key file has changed and cannot be used; the keys in memory stay in use",
              {{telemetry::Field::path, key_path_}, {telemetry::Field::detail, detail}});
}

base::Task<DataKey> LocalKeyProvider::generate(const KeyContext& context) {
  read_again_if_changed();
  DataKey made;
  made.plaintext = random_.secret(kDataKeyBytes);
  made.wrapped = wrap(keys_.front(), made.plaintext, context, random_);
  co_return made;
}

base::Task<base::Secret> LocalKeyProvider::unwrap(std::string_view wrapped,
                                                  const KeyContext& context) {
  if (wrapped.size() != kWrappedBytes) {
    co_return base::Error{base::Errc::denied, "a wrapped data key has the wrong length"};
  }
  const std::uint8_t id = static_cast<std::uint8_t>(wrapped[0]);
  if (find(id) == nullptr) read_again_if_changed();
  const TokenKeys::Key* const master = find(id);
  if (master == nullptr) {
    co_return base::Error{base::Errc::denied,
                          "a data key was wrapped under a master key that the key file lacks"};
  }
  const base::Secret key = wrapping_key(*master, wrapped.substr(1, kSaltBytes));
  const std::string additional = canonical(context);
  const std::string_view nonce = wrapped.substr(1 + kSaltBytes, crypto::kAeadNonceBytes);
  base::Result<base::Secret> plaintext =
      crypto::aead_open(key.reveal(), nonce, additional, wrapped.substr(kHeadBytes, kDataKeyBytes),
                        wrapped.substr(kHeadBytes + kDataKeyBytes));
  if (!plaintext) {
    co_return base::Error{base::Errc::denied,
                          "a data key does not unwrap: another key file, another context or an "
                          "altered record"};
  }
  co_return std::move(*plaintext);
}

base::Task<std::string> LocalKeyProvider::rewrap(std::string_view wrapped,
                                                 const KeyContext& context) {
  read_again_if_changed();
  const std::string given(wrapped);
  auto plaintext = co_await unwrap(given, context);
  if (!plaintext) co_return plaintext.error();
  if (static_cast<std::uint8_t>(given[0]) == keys_.front().id) co_return given;
  co_return wrap(keys_.front(), *plaintext, context, random_);
}

base::Task<void> LocalKeyProvider::check() {
  const KeyContext context{{"app", "gatehouse"}, {"purpose", "check"}};
  auto made = co_await generate(context);
  if (!made) co_return made.error();
  auto opened = co_await unwrap(made->wrapped, context);
  if (!opened) co_return opened.error();
  if (!base::equal_in_constant_time(opened->reveal(), made->plaintext.reveal())) {
    co_return base::Error{base::Errc::internal, "the master key does not unwrap what it wrapped"};
  }
  co_return base::Result<void>();
}

}  // namespace gatehouse::vault
