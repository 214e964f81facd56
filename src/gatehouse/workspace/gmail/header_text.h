// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

// A header value as a person reads it: unfolded, RFC 2047 words decoded, valid UTF-8. Not yet
// cleaned of invisible characters.
std::string decode_header(std::string_view raw);

struct Address {
  std::string name;     // may be empty
  std::string address;  // local@domain as written
};

// RFC 5322 section 3.4, forgiving: groups are flattened, comments dropped, at most 500 addresses.
// Decodes names.
std::vector<Address> parse_addresses(std::string_view raw);

struct Parameters {
  std::string value;  // before the first ';', in lower case

  // RFC 2231 continuations joined and decoded, else RFC 2047. Empty when absent.
  std::string parameter(std::string_view name) const;

  struct Item {
    std::string name;  // lower case, section and '*' included
    std::string text;
  };
  std::vector<Item> items;
};

// Content-Type and Content-Disposition, RFC 2045 section 5.1; at most 100 parameters.
Parameters parse_parameters(std::string_view raw);

}  // namespace gatehouse::workspace::gmail
