// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace gatehouse::web {

// Markup that is safe to send. It comes only from literals in our sources and from text that was
// escaped on its way in, so nothing from outside can become markup.
class Html {
 public:
  Html() = default;

  // For element content and double-quoted attribute values. Control characters are dropped.
  static Html text(std::string_view outside);

  const std::string& str() const { return markup_; }
  bool empty() const { return markup_.empty(); }
  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }

 private:
  template <class... Values>
  friend class Markup;

  std::string markup_;
};

// A literal with a `{}` for each value, counted by the compiler.
template <class... Values>
class Markup {
 public:
  template <std::size_t N>
  consteval Markup(const char (&literal)[N]) : literal_(literal, N - 1) {
    std::size_t slots = 0;
    for (std::size_t i = 0; i + 2 < N; ++i) slots += literal[i] == '{' && literal[i + 1] == '}';
    if (slots != sizeof...(Values)) throw "one {} for each value";
  }

  Html fill(const Values&... values) const {
    Html out;
    std::string_view rest = literal_;
    (fill_one(out, rest, values), ...);
    out.markup_ += rest;
    return out;
  }

 private:
  static void fill_one(Html& out, std::string_view& rest, const Html& value) {
    const std::size_t slot = rest.find("{}");
    out.markup_.append(rest.substr(0, slot)).append(value.str());
    rest.remove_prefix(slot + 2);
  }
  static void fill_one(Html& out, std::string_view& rest, std::string_view value) {
    fill_one(out, rest, Html::text(value));
  }

  std::string_view literal_;
};

// html("<p title=\"{}\">{}</p>", outside_text, other_markup): text is escaped, Html is not.
template <class... Values>
Html html(std::type_identity_t<Markup<Values...>> markup, const Values&... values) {
  return markup.fill(values...);
}

}  // namespace gatehouse::web
