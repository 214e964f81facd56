// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/call.h"
#include "gatehouse/mcp/completion.h"
#include "gatehouse/mcp/content.h"
#include "gatehouse/mcp/icon.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {

struct ResourceResult {
  std::vector<ResourceContents>
      contents;  // empty, with nothing else set: there is no such resource
  std::optional<InputRequired> input_required;
  std::optional<RpcError> error;
};

// One `resources/read` under way.
struct ResourceCall final : Call {
  using Call::Call;
  std::string uri;
  std::map<std::string, std::string, std::less<>> variables;  // of the template, decoded
};

using ResourceReader = std::function<base::Coroutine<ResourceResult>(ResourceCall&)>;

// A thing that can be read by its URI, RFC 3986 with a scheme of the server's own.
struct Resource {
  std::string uri;
  std::string name;
  std::string title = {};
  std::string description = {};
  std::string mime_type = {};
  std::optional<std::int64_t> size = {};  // bytes
  std::vector<Icon> icons = {};
  std::string scope = {};  // the caller's scope that reading needs; may be empty
  ResourceReader reader = nullptr;
};

// Many of a kind: `mail://message/{id}`. RFC 6570 level 1: a variable takes one path segment.
struct ResourceTemplate {
  std::string uri_template;
  std::string name;
  std::string title = {};
  std::string description = {};
  std::string mime_type = {};
  std::vector<Icon> icons = {};
  std::string scope = {};
  ResourceReader reader = nullptr;
  std::map<std::string, Completer, std::less<>> completers = {};  // by variable
};

}  // namespace gatehouse::mcp
