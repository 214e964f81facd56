// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

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

}  // namespace gatehouse::workspace::gmail
