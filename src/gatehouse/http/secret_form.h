// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "gatehouse/base/secret.h"

namespace gatehouse::http {

// An application/x-www-form-urlencoded body whose values never lie in an ordinary string.
class SecretForm {
 public:
  void add(std::string_view name, std::string_view value);
  base::Secret take() { return std::move(text_); }

 private:
  void append_encoded(std::string_view text);

  base::Secret text_;
};

}  // namespace gatehouse::http
