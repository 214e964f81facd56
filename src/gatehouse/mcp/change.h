// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatehouse::mcp {

// What a server tells the clients that want to know: a list is not what it was, or a resource is
// not.
struct Change {
  enum class Kind { tools, prompts, resources, resource };
  Kind kind = Kind::tools;
  std::string uri = {};  // of the resource
};

}  // namespace gatehouse::mcp
