// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/link_ticket.h"

#include "gatehouse/base/encoding.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kHalfBytes = 16;
constexpr std::size_t kHalfCharacters = 22;

}  // namespace

LinkTicket LinkTicket::make(base::Random& random) {
  return LinkTicket(random.token(kHalfBytes) + random.token(kHalfBytes));
}

std::optional<LinkTicket> LinkTicket::parse(std::string_view text) {
  const bool is_sound = text.size() == 2 * kHalfCharacters &&
                        base::base64url_decode(text.substr(0, kHalfCharacters)).has_value() &&
                        base::base64url_decode(text.substr(kHalfCharacters)).has_value();
  if (!is_sound) return std::nullopt;
  return LinkTicket(std::string(text));
}

std::string LinkTicket::record_key() const { return "TXN#" + text_.substr(0, kHalfCharacters); }

base::Secret LinkTicket::holder() const {
  return base::Secret::copy_of(std::string_view(text_).substr(kHalfCharacters));
}

}  // namespace gatehouse::web
