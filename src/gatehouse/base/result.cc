// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/result.h"

#include <cassert>

namespace gatehouse::base {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::denied:
      return "denied";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timeout:
      return "timeout";
    case Errc::internal:
      return "internal";
  }
  assert(false && "an error code that does not exist");
  return {};
}

}  // namespace gatehouse::base
