// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace gatehouse::base {

// The kinds of expected trouble that cross module borders. Modules with finer reasons keep an enum
// of their own.
enum class Errc {
  invalid_argument,  // the caller's input is wrong and will stay wrong
  not_found,         // absent or expired
  conflict,          // somebody else wrote first
  denied,            // known, understood and refused
  unavailable,       // a dependency failed; a later attempt may succeed
  timeout,           // a deadline passed; the outcome is unknown
  internal,          // our own fault
};

std::string_view name_of(Errc code);

struct Error {
  Errc code;
  std::string detail;  // for operators; never shown to clients, never holds a secret
};
static_assert(!std::is_constructible_v<Error, int>);

// A value or an error. Look at it on the next line: `if (!x) return x.error();`.
template <class T, class E = Error>
class [[nodiscard]] Result : public boost::system::result<T, E> {
  using Base = boost::system::result<T, E>;

 public:
  using Base::Base;
};

}  // namespace gatehouse::base
