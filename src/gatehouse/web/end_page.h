// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/web/brand.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {

// What is said where something comes to its end, well or not.
struct EndWords {
  int status;
  std::string_view log_word;
  std::string title;
  std::string happened;
  std::string to_do;  // next, by the person
};

Page end_page(const Brand& brand, const EndWords& words);

}  // namespace gatehouse::web
