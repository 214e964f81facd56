// SPDX-License-Identifier: Apache-2.0
//
// Encodings: a strict decoder accepts exactly what its encoder writes.
#include "fuzzing.h"
#include "gatehouse/base/encoding.h"

namespace gatehouse::fuzzing {
namespace {

void check_encoders(std::string_view input) {
  assert(base::base64_decode(base::base64_encode(input)) == input);
  assert(base::base64url_decode(base::base64url_encode(input)) == input);
  assert(base::base64url_encode_secret(input).reveal() == base::base64url_encode(input));
  assert(base::base64_decode_lenient(base::base64_encode(input)) == input);
  assert(base::base64_decode_lenient(base::base64url_encode(input)) == input);
  assert(base::percent_decode(base::percent_encode(input)) == input);
  assert(base::hex_encode(input).size() == 2 * input.size());
}

void check_decoders(std::string_view input) {
  const auto standard = base::base64_decode(input);
  assert(!standard || base::base64_encode(*standard) == input);
  const auto secret = base::base64_decode_secret(input);
  assert(secret.has_value() == standard.has_value());
  assert(!secret || secret->reveal() == *standard);

  const auto url = base::base64url_decode(input);
  assert(!url || base::base64url_encode(*url) == input);
  const auto url_secret = base::base64url_decode_secret(input);
  assert(url_secret.has_value() == url.has_value());
  assert(!url_secret || url_secret->reveal() == *url);

  const auto lenient = base::base64_decode_lenient(input);
  assert(!standard || lenient == standard);
  assert(!url || lenient == url);
  assert(!lenient || lenient->size() <= input.size());

  const auto escaped = base::percent_decode(input);
  assert(!escaped || escaped->size() <= input.size());
}

void check_utf8(std::string_view input) {
  bool is_valid = true;
  for (std::string_view rest = input; !rest.empty() && is_valid;) {
    const std::size_t size = base::utf8_sequence_size(rest);
    assert(size <= 4 && size <= rest.size());
    is_valid = size > 0;
    rest.remove_prefix(size);
  }
  assert(is_valid == base::is_valid_utf8(input));
}

}  // namespace

void run(std::string_view input) {
  check_encoders(input);
  check_decoders(input);
  check_utf8(input);
  assert(base::equal_ignoring_case(input, base::to_lower_ascii(input)));
}

}  // namespace gatehouse::fuzzing
