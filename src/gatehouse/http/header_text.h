// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gatehouse/http/field_text.h"

namespace gatehouse::http {

// A name or a value of a field that we send. A literal is checked by the compiler and costs nothing
// to hold and to send; every other text is a copy, which is checked when it is sent.
template <class Rule>
class HeaderText {
 public:
  constexpr HeaderText() = default;

  template <std::size_t N>
  consteval HeaderText(const char (&literal)[N]) : text_(literal), size_(N - 1) {
    if (!Rule::allows(std::string_view(literal, N - 1))) no_header_may_hold_this();
  }
  HeaderText(std::string_view text) : text_(copied(text)), size_(text.size()), owned_(true) {}
  HeaderText(const std::string& text) : HeaderText(std::string_view(text)) {}

  HeaderText(const HeaderText& other)
      : text_(other.owned_ ? copied(other) : other.text_),
        size_(other.size_),
        owned_(other.owned_) {}
  constexpr HeaderText(HeaderText&& other) noexcept
      : text_(std::exchange(other.text_, "")),
        size_(std::exchange(other.size_, 0)),
        owned_(std::exchange(other.owned_, false)) {}
  HeaderText& operator=(HeaderText other) noexcept {
    std::swap(text_, other.text_);
    std::swap(size_, other.size_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  constexpr ~HeaderText() {
    if (owned_) delete[] text_;
  }

  constexpr operator std::string_view() const { return {text_, size_}; }
  std::string str() const { return std::string(text_, size_); }
  std::size_t size() const { return size_; }
  bool is_legal() const { return !owned_ || Rule::allows(*this); }

  friend bool operator==(const HeaderText& a, std::string_view b) {
    return std::string_view(a) == b;
  }

 private:
  static void no_header_may_hold_this() {}  // not for the compiler to call

  static const char* copied(std::string_view text) {
    char* const copy = new char[text.size()];
    text.copy(copy, text.size());
    return copy;
  }

  const char* text_ = "";
  std::size_t size_ = 0;
  bool owned_ = false;
};

struct NameRule {
  static constexpr bool allows(std::string_view text) { return is_token(text); }
};

struct ValueRule {
  static constexpr bool is_control(char c) {
    return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
  }
  static constexpr bool allows(std::string_view text) {
    if (std::is_constant_evaluated()) return std::none_of(text.begin(), text.end(), is_control);
    return !has_control(text);
  }
};

using HeaderName = HeaderText<NameRule>;
using HeaderValue = HeaderText<ValueRule>;

struct ResponseField {
  HeaderName name;
  HeaderValue value;
};

}  // namespace gatehouse::http
