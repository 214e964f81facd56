// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::web {

// What a link of ours carries for a record behind it: one half names the TXN# record, the other is
// what that is sealed under besides the data key. 44 characters, since a model copies them and a
// person may type them.
class LinkTicket {
 public:
  static LinkTicket make(base::Random& random);
  // nullopt for what cannot be one.
  static std::optional<LinkTicket> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string record_key() const;
  base::Secret holder() const;

 private:
  explicit LinkTicket(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace gatehouse::web
