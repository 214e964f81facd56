// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/peer_seal.h"

#include <cassert>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/aead.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::vault {
namespace {

// Sealed: key id 1 | mark 32 | ciphertext of (sent 8 | message) | tag 16.
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kHeadBytes = 1 + PeerSeal::kMarkBytes;
static_assert(kHeadBytes + kTimeBytes + crypto::kAeadTagBytes == PeerSeal::kOverheadBytes);

std::string additional_data(char key_id, std::string_view purpose, std::string_view address) {
  std::string out = "gatehouse/peer/1";
  out += key_id;
  base::append_framed(out, purpose);
  base::append_framed(out, address);
  return out;
}

// A key serves one message, so the nonce may stay the same.
base::Secret message_key(const TokenKeys::Key& key, std::string_view mark) {
  return crypto::hkdf_sha256({key.bytes.reveal()}, mark, "gatehouse/peer/1", crypto::kAeadKeyBytes);
}

const std::string& nonce() {
  static const std::string zeros(crypto::kAeadNonceBytes, '\0');
  return zeros;
}

base::Error not_ours() {
  return base::Error{base::Errc::denied, "the message was not sealed by a replica for this one"};
}

}  // namespace

PeerSeal::PeerSeal(const TokenKeys& keys, const base::Clock& clock, base::Random& random)
    : keys_(keys), clock_(clock), random_(random) {}

std::string_view PeerSeal::mark_of(std::string_view sealed) {
  return sealed.size() < kOverheadBytes ? std::string_view() : sealed.substr(1, kMarkBytes);
}

std::string PeerSeal::seal(std::string_view purpose, std::string_view address,
                           std::string_view message) const {
  if (message.size() > kMessageBytesMax) return {};
  const TokenKeys::Key& key = keys_.current();
  std::string sealed(kHeadBytes, '\0');
  random_.fill({reinterpret_cast<std::uint8_t*>(sealed.data()), sealed.size()});
  sealed[0] = static_cast<char>(key.id);

  base::Secret plaintext;
  const std::int64_t now = base::epoch_seconds(clock_.now());
  base::append_number(plaintext, static_cast<std::uint64_t>(now), kTimeBytes);
  plaintext.append(message);

  const base::Secret own_key = message_key(key, std::string_view(sealed).substr(1));
  const crypto::SealedBytes bytes = crypto::aead_seal(
      own_key.reveal(), nonce(), additional_data(sealed[0], purpose, address), plaintext.reveal());
  sealed.reserve(sealed.size() + bytes.ciphertext.size() + bytes.tag.size());
  sealed += bytes.ciphertext;
  sealed += bytes.tag;
  return sealed;
}

base::Result<PeerSeal::Opened> PeerSeal::open(std::string_view purpose, std::string_view address,
                                              std::string_view sealed) {
  if (sealed.size() < kOverheadBytes || sealed.size() > kOverheadBytes + kMessageBytesMax) {
    return not_ours();
  }
  const TokenKeys::Key* const key = keys_.find(static_cast<std::uint8_t>(sealed[0]));
  if (key == nullptr) return not_ours();
  const std::string_view mark = mark_of(sealed);
  const std::size_t tag_at = sealed.size() - crypto::kAeadTagBytes;
  const base::Secret own_key = message_key(*key, mark);
  const base::Result<base::Secret> plaintext =
      crypto::aead_open(own_key.reveal(), nonce(), additional_data(sealed[0], purpose, address),
                        sealed.substr(kHeadBytes, tag_at - kHeadBytes), sealed.substr(tag_at));
  if (!plaintext) return not_ours();

  base::FrameReader reader(plaintext->reveal());
  const auto sent = static_cast<std::int64_t>(reader.number(kTimeBytes));
  const base::Result<void> fresh = accept_once(mark, sent);
  if (!fresh) return fresh.error();
  Opened opened;
  opened.message = base::Secret::copy_of(plaintext->reveal().substr(kTimeBytes));
  opened.mark = std::string(mark);
  return opened;
}

// Forgotten only when its time alone refuses the message.
base::Result<void> PeerSeal::accept_once(std::string_view mark, std::int64_t sent) {
  const std::int64_t now = base::epoch_seconds(clock_.now());
  if (sent < now - kWindow.count() || sent > now + kWindow.count()) {
    return base::Error{base::Errc::denied,
                       "the message is older or newer than 30 s; are the clocks of all replicas "
                       "set by NTP?"};
  }
  while (!seen_in_order_.empty() && seen_in_order_.front().until < now) {
    seen_.erase(seen_in_order_.front().mark);
    seen_in_order_.pop_front();
  }
  if (seen_in_order_.size() >= kRememberedMax) {
    return base::Error{base::Errc::unavailable, "too many messages from other replicas"};
  }
  if (!seen_.emplace(mark).second) {
    return base::Error{base::Errc::denied, "the message has been seen before"};
  }
  seen_in_order_.push_back({now + 2 * kWindow.count(), std::string(mark)});
  return {};
}

}  // namespace gatehouse::vault
