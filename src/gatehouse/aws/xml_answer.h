// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::aws {

// The texts of a small XML document, as AWS's Query protocol answers. No document type, no entities
// but the five of XML itself, at most 64 KB, 16 levels and 256 elements.
class XmlAnswer {
 public:
  // Errc::invalid_argument says what is wrong, never what the document holds.
  static base::Result<XmlAnswer> parse(std::string_view text);

  const std::string& root() const { return root_; }
  // The text of the first element at that path below the root: "Error/Code". Prefixes of names are
  // dropped. nullptr when there is none.
  const base::Secret* find(std::string_view path) const;

 private:
  friend class XmlAnswerBuilder;

  std::string root_;
  std::vector<std::pair<std::string, base::Secret>> texts_;
};

}  // namespace gatehouse::aws
