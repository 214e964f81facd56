// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"

namespace gatehouse::workspace::gmail {

// Text as lines of at most 76 bytes of ASCII, RFC 2045. No line of it can be taken for a boundary
// that begins with "--=_", for "From " of a mailbox file, or for a full stop alone.
struct BodyText {
  std::string_view encoding;  // the Content-Transfer-Encoding: quoted-printable or base64
  std::string lines;          // each with its CRLF
};

// `utf8` has '\n' as its line ends. Base64 where it is the shorter of the two.
BodyText encode_body(std::string_view utf8);

// RFC 2045 section 6.8, for bytes of any kind.
std::string base64_lines(std::string_view bytes);

// The same at the end of `out` for bytes that are base64url already, as Gmail gives them: nothing
// is decoded. False when the text is damaged; `out` then ends in the middle.
bool append_base64_lines(base::Secret& out, std::string_view base64url);

}  // namespace gatehouse::workspace::gmail
