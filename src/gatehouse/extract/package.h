// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gatehouse/extract/archive.h"
#include "gatehouse/xml/reader.h"

namespace gatehouse::extract {

// Parts of an Office document (ECMA-376 part 2) and what they point to.

struct Relationship {
  std::string kind;    // the last word of its type: "worksheet", "hyperlink"
  std::string target;  // another part by its name in the archive, or outside of it an address
  bool is_outside = false;
};
using Relationships = std::map<std::string, Relationship, std::less<>>;

// What `part` points to, by id; nothing when that is missing or broken. At most 20,000.
Relationships relationships_of(Archive& archive, const std::string& part);

// Tells the handler what an XML part holds, until it has enough.
Extracted<void> read_xml(Archive& archive, const std::string& part, xml::Handler& handler);

// Where a relative target leads from a part; "" when it leads out of the archive.
std::string resolved(std::string_view part, std::string_view target);

}  // namespace gatehouse::extract
