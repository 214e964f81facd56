// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::base {

// A string that cannot be mistaken for another kind of string.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string value_;
};

// The person, as Google's `sub` names them: never an address, because addresses are renamed and
// reused.
using UserId = Id<struct UserTag>;
// An MCP client application registered with us.
using ClientId = Id<struct ClientTag>;

}  // namespace gatehouse::base

template <class Tag>
struct std::hash<gatehouse::base::Id<Tag>> {
  std::size_t operator()(const gatehouse::base::Id<Tag>& id) const noexcept {
    return std::hash<std::string>()(id.str());
  }
};
