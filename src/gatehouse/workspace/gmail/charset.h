// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// Bytes of a mail as valid UTF-8, whatever they are. Order of belief: a stateful charset that the
// bytes show signs of, UTF-8 when they are well-formed, the declared charset, windows-1252. What
// does not decode becomes U+FFFD.
std::string to_utf8(std::string_view bytes, std::string_view declared_charset);

// What HTML says of itself: the word behind "charset=" near its beginning; empty when there is
// none.
std::string html_charset(std::string_view html);

}  // namespace gatehouse::workspace::gmail
