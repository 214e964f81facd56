// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/local_key_provider.h"

#include <cassert>
#include <utility>

#include "gatehouse/crypto/aead.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/framing.h"

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
    append_framed(text, name);
    append_framed(text, value);
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
    : keys_(std::move(master_keys)), random_(random) {
  assert(!keys_.empty() && "there is no master key");
  for (const TokenKeys::Key& key : keys_) assert(key.bytes.size() == crypto::kAeadKeyBytes);
}

base::Task<DataKey> LocalKeyProvider::generate(const KeyContext& context) {
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
  const TokenKeys::Key* master = nullptr;
  for (const TokenKeys::Key& key : keys_) {
    if (key.id == static_cast<std::uint8_t>(wrapped[0])) master = &key;
  }
  if (master == nullptr) {
    co_return base::Error{base::Errc::not_found,
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
