// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/http/message.h"

namespace gatehouse::mcp {

// A property of a tool's input that clients of the stateless revision repeat in a header, so that
// what stands between can route by it (SEP-2243). Declared in the schema as `x-mcp-header`.
struct HeaderParameter {
  std::string header;             // whole name: Mcp-Param-...
  std::vector<std::string> path;  // from the arguments to the property
  bool is_number = false;         // compared by value
};

// nullopt when the schema declares one that is not legal: the name no token or there twice, or the
// property no string, integer or boolean, or not to be reached by `properties` alone.
std::optional<std::vector<HeaderParameter>> header_parameters(const base::JsonValue& schema);

// What is wrong with the headers of a call; nullopt when they repeat the arguments. An argument
// that is null or absent has no header.
std::optional<std::string> header_parameter_problem(const std::vector<HeaderParameter>& parameters,
                                                    const http::Request& request,
                                                    const base::JsonValue& arguments);

}  // namespace gatehouse::mcp
