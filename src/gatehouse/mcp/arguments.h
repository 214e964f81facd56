// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/base/task.h"
#include "gatehouse/mcp/tool.h"

// Typed tool arguments. A tool declares a struct and one table of its members; the JSON schema and
// the strict reader both derive from that table:
//
//   enum class Order { newest, oldest };
//   struct SearchArgs {
//     std::string query;
//     std::optional<std::string> page_token;
//     int max_results = 0;
//     Order order = Order::newest;
//   };
//   inline constexpr auto kSearchArgs = std::tuple{
//       Arg{"query", &SearchArgs::query, "Gmail search expression"}.length(1, 500),
//       Arg{"page_token", &SearchArgs::page_token, "From the page before"},
//       Arg{"max_results", &SearchArgs::max_results, "Most messages to return"}.range(1,
//       100).defaults_to(20), Arg{"order", &SearchArgs::order, "Which come first"}.one_of("newest",
//       "oldest").defaults_to("newest"),
//   };
//   base::Coroutine<ToolResult> search(Services& services, ToolCall& call, const SearchArgs& args);
//
//   registry.add(make_tool({.name = "mail_search", ...}, kSearchArgs, services, &search));
//
// Members are std::string, int, std::int64_t, double, bool, an enum class, std::vector of these
// (also of vectors), or std::optional of any of them. An argument is required unless it is optional
// or has a default. Nothing is coerced: "5" is no integer. For an argument that is not required,
// null means absent.
namespace gatehouse::mcp {

enum class ArgumentType { string, integer, number, boolean };

// The value of an absent argument; at most one is set, the one of the argument's type. (A
// std::variant cannot be assigned in a constant expression in C++20.)
struct ArgumentDefault {
  std::optional<std::string_view> text;
  std::optional<std::int64_t> integer;
  std::optional<double> number;
  std::optional<bool> flag;

  constexpr bool is_set() const { return text || integer || number || flag; }
};

// One argument, its C++ type aside. Constraints on text and numbers hold for the innermost items of
// a list.
struct ArgumentSpec {
  static constexpr std::size_t kChoicesMax = 16;

  std::string_view name;
  std::string_view description;
  ArgumentType type = ArgumentType::string;
  int list_depth = 0;  // 1: a list, 2: a list of lists
  bool optional = false;
  bool narrow = false;       // an int: 32 bits
  bool enumeration = false;  // an enum class: needs choices
  ArgumentDefault fallback;

  std::optional<double> least;
  std::optional<double> most;
  std::optional<std::size_t> length_min;  // in bytes of UTF-8
  std::optional<std::size_t> length_max;
  std::optional<std::size_t> items_min;  // of the outermost list
  std::optional<std::size_t> items_max;
  std::array<std::string_view, kChoicesMax> choices{};
  std::size_t choice_count = 0;

  constexpr bool required() const { return !optional && !fallback.is_set(); }
};

namespace detail {

template <class T>
struct ArgumentTraits;

template <ArgumentType type_value>
struct ScalarTraits {
  static constexpr ArgumentType type = type_value;
  static constexpr int list_depth = 0;
  static constexpr bool optional = false;
};
template <>
struct ArgumentTraits<std::string> : ScalarTraits<ArgumentType::string> {};
template <>
struct ArgumentTraits<int> : ScalarTraits<ArgumentType::integer> {};
template <>
struct ArgumentTraits<std::int64_t> : ScalarTraits<ArgumentType::integer> {};
template <>
struct ArgumentTraits<double> : ScalarTraits<ArgumentType::number> {};
template <>
struct ArgumentTraits<bool> : ScalarTraits<ArgumentType::boolean> {};
template <class T>
requires std::is_enum_v<T>
struct ArgumentTraits<T> : ScalarTraits<ArgumentType::string> {
};

template <class T>
struct ArgumentTraits<std::vector<T>> {
  static constexpr ArgumentType type = ArgumentTraits<T>::type;
  static constexpr int list_depth = ArgumentTraits<T>::list_depth + 1;
  static constexpr bool optional = false;
};

template <class T>
struct ArgumentTraits<std::optional<T>> {
  static constexpr ArgumentType type = ArgumentTraits<T>::type;
  static constexpr int list_depth = ArgumentTraits<T>::list_depth;
  static constexpr bool optional = true;
};

// The innermost type: what a vector or optional holds.
template <class T>
struct Innermost {
  using type = T;
};
template <class T>
struct Innermost<std::vector<T>> : Innermost<T> {};
template <class T>
struct Innermost<std::optional<T>> : Innermost<T> {};

std::size_t choice_index(const ArgumentSpec& spec,
                         std::string_view text);  // asserts that it is there

// The value is known to fit `spec`.
template <class T>
void store_argument(const ArgumentSpec& spec, const base::JsonValue& value, T& out) {
  if constexpr (std::is_enum_v<T>) {
    out = static_cast<T>(choice_index(spec, *value.as_string()));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = std::string(*value.as_string());
  } else if constexpr (std::is_same_v<T, bool>) {
    out = *value.as_bool();
  } else if constexpr (std::is_same_v<T, double>) {
    out = *value.as_number();
  } else {
    out = static_cast<T>(*value.as_integer());
  }
}
template <class T>
void store_argument(const ArgumentSpec& spec, const base::JsonValue& value, std::vector<T>& out) {
  out.clear();
  for (const base::JsonValue& element : value.elements()) {
    T item{};
    store_argument(spec, element, item);
    out.push_back(std::move(item));
  }
}
template <class T>
void store_argument(const ArgumentSpec& spec, const base::JsonValue& value, std::optional<T>& out) {
  store_argument(spec, value, out.emplace());
}

template <class T>
void store_default(const ArgumentSpec& spec, T& out) {
  const ArgumentDefault& fallback = spec.fallback;
  if constexpr (std::is_enum_v<T>) {
    if (fallback.text) out = static_cast<T>(choice_index(spec, *fallback.text));
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (fallback.text) out = std::string(*fallback.text);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (fallback.flag) out = *fallback.flag;
  } else if constexpr (std::is_same_v<T, double>) {
    if (fallback.number) out = *fallback.number;
  } else if constexpr (std::is_integral_v<T>) {
    if (fallback.integer) out = static_cast<T>(*fallback.integer);
  }
}

}  // namespace detail

// A row of the table. `Args` is the tool's struct.
template <class Args, class T>
class Arg {
  using Traits = detail::ArgumentTraits<T>;
  using Inner = typename detail::Innermost<T>::type;

 public:
  constexpr Arg(std::string_view name, T Args::*member, std::string_view description)
      : member_(member) {
    spec_.name = name;
    spec_.description = description;
    spec_.type = Traits::type;
    spec_.list_depth = Traits::list_depth;
    spec_.optional = Traits::optional;
    spec_.narrow = std::is_same_v<Inner, int>;
    spec_.enumeration = std::is_enum_v<Inner>;
  }

  // Both ends included.
  constexpr Arg range(double least, double most) const {
    static_assert(Traits::type == ArgumentType::integer || Traits::type == ArgumentType::number);
    Arg copy = *this;
    copy.spec_.least = least;
    copy.spec_.most = most;
    return copy;
  }
  constexpr Arg at_least(double least) const {
    static_assert(Traits::type == ArgumentType::integer || Traits::type == ArgumentType::number);
    Arg copy = *this;
    copy.spec_.least = least;
    return copy;
  }

  // Bytes of UTF-8, both ends included.
  constexpr Arg length(std::size_t min, std::size_t max) const {
    static_assert(std::is_same_v<Inner, std::string>);
    Arg copy = *this;
    copy.spec_.length_min = min;
    copy.spec_.length_max = max;
    return copy;
  }

  constexpr Arg items(std::size_t min, std::size_t max) const {
    static_assert(Traits::list_depth > 0);
    Arg copy = *this;
    copy.spec_.items_min = min;
    copy.spec_.items_max = max;
    return copy;
  }

  // The only texts allowed. For an enum class they are its enumerators in order, counted from 0.
  template <class... Names>
  constexpr Arg one_of(Names... names) const {
    static_assert(Traits::type == ArgumentType::string &&
                  sizeof...(Names) <= ArgumentSpec::kChoicesMax);
    Arg copy = *this;
    copy.spec_.choices = {std::string_view(names)...};
    copy.spec_.choice_count = sizeof...(Names);
    return copy;
  }

  // The value when the argument is absent. Not for lists; an optional needs none.
  template <class V>
  constexpr Arg defaults_to(V value) const {
    static_assert(Traits::list_depth == 0 && !Traits::optional);
    Arg copy = *this;
    if constexpr (Traits::type == ArgumentType::string) {
      copy.spec_.fallback.text = std::string_view(value);
    } else if constexpr (Traits::type == ArgumentType::boolean) {
      static_assert(std::is_same_v<V, bool>);
      copy.spec_.fallback.flag = value;
    } else if constexpr (Traits::type == ArgumentType::integer) {
      copy.spec_.fallback.integer = static_cast<std::int64_t>(value);
    } else {
      copy.spec_.fallback.number = static_cast<double>(value);
    }
    return copy;
  }

  constexpr const ArgumentSpec& spec() const { return spec_; }
  constexpr T Args::*member() const { return member_; }

 private:
  ArgumentSpec spec_;
  T Args::*member_;
};

// The rows of one tool without their C++ types: renders the schema, judges values, words the
// complaints.
class ArgumentList {
 public:
  // Asserts that names are unique and legal, that enums have choices and defaults fit.
  void add(const ArgumentSpec& spec);
  const std::vector<ArgumentSpec>& specs() const { return specs_; }

  // JSON Schema 2020-12, minified, root `object` with additionalProperties false.
  std::string schema() const;

  // What is wrong with `arguments`, for a model that shall mend its call: one line per problem,
  // then the known arguments. nullopt when everything fits. A blank or null value counts as {}.
  std::optional<std::string> complaint(std::string_view tool,
                                       const base::JsonValue& arguments) const;

 private:
  std::vector<ArgumentSpec> specs_;
};

// What a tool is besides its arguments; see Tool for the fields.
struct ToolSpec {
  std::string name = {};
  std::string title = {};
  std::string description = {};
  ToolAnnotations annotations = {};
  std::string scope = {};
  std::string output_schema = {};
};

// `Table` is a std::tuple of Arg.
template <class Table>
ArgumentList argument_list(const Table& table) {
  ArgumentList list;
  std::apply([&](const auto&... row) { (list.add(row.spec()), ...); }, table);
  return list;
}

// Reads arguments that ArgumentList::complaint found nothing wrong with.
template <class Args, class Table>
Args read_arguments(const Table& table, const base::JsonValue& arguments) {
  Args args{};
  [[maybe_unused]] const auto read = [&](const auto& row) {
    auto& member = args.*row.member();
    const std::optional<base::JsonValue> value = arguments.find(row.spec().name);
    if (value && !value->is_null()) {
      detail::store_argument(row.spec(), *value, member);
    } else {
      detail::store_default(row.spec(), member);
    }
  };
  std::apply([&](const auto&... row) { (read(row), ...); }, table);
  return args;
}

namespace detail {

template <class Table>
struct TypedTool {
  TypedTool(std::string tool_name, const Table& rows)
      : name(std::move(tool_name)), table(rows), list(argument_list(rows)) {}
  std::string name;
  Table table;
  ArgumentList list;
};

template <class Args, class Table, class Run>
base::Coroutine<ToolResult> call_typed(std::shared_ptr<const TypedTool<Table>> tool, Run run,
                                       ToolCall& call) {
  const std::optional<std::string> complaint = tool->list.complaint(tool->name, call.arguments);
  if (complaint) co_return tool_error(*complaint);
  const Args args = read_arguments<Args>(tool->table, call.arguments);
  ToolResult result = co_await run(call, args);
  co_return result;
}

template <class Args, class Table, class Run>
Tool assemble_tool(ToolSpec spec, const Table& table, Run run) {
  auto typed = std::make_shared<const TypedTool<Table>>(spec.name, table);
  Tool tool;
  tool.name = std::move(spec.name);
  tool.title = std::move(spec.title);
  tool.description = std::move(spec.description);
  tool.annotations = spec.annotations;
  tool.scope = std::move(spec.scope);
  tool.input_schema = typed->list.schema();
  tool.output_schema = std::move(spec.output_schema);
  tool.handler = [typed, run](ToolCall& call) {
    return call_typed<Args, Table, Run>(typed, run, call);
  };
  return tool;
}

}  // namespace detail

// A tool from its table and a coroutine. For a tool without arguments: an empty struct and
// std::tuple<>{}.
template <class Args, class... T>
Tool make_tool(ToolSpec spec, const std::tuple<Arg<Args, T>...>& table,
               base::Coroutine<ToolResult> (*run)(ToolCall&, const Args&)) {
  return detail::assemble_tool<Args>(std::move(spec), table, run);
}

// The same for a coroutine that uses services of the host, which must outlive the registry.
template <class Services, class Args, class... T>
Tool make_tool(ToolSpec spec, const std::tuple<Arg<Args, T>...>& table, Services& services,
               base::Coroutine<ToolResult> (*run)(Services&, ToolCall&, const Args&)) {
  auto bound = [&services, run](ToolCall& call, const Args& args) {
    return run(services, call, args);
  };
  return detail::assemble_tool<Args>(std::move(spec), table, bound);
}

}  // namespace gatehouse::mcp
