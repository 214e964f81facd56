// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::mcp {

// What the client is willing to receive. No Accept header, and wildcards, mean JSON; an event
// stream must be named, because a client that takes just anything seldom reads one.
struct Accepted {
  bool json = true;
  bool events = false;
  bool anything = true;  // no Accept header, or */*
};
Accepted accepted_types(const http::Request& request);

// SEP-2243: a header value `=?base64?...?=` stands for the UTF-8 text it encodes; anything else
// stands for itself. nullopt when the encoding is broken, or when other than visible ASCII is not
// encoded.
std::optional<std::string> decoded_header_value(std::string_view value);

// A header that may occur at most once. `repeated` is set when it occurs more often.
struct SingleHeader {
  std::optional<std::string_view> value;
  bool repeated = false;
};
SingleHeader single_header(const http::Request& request, std::string_view name);

}  // namespace gatehouse::mcp
