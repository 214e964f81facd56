// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/mcp/engine.h"

namespace gatehouse::mcp {

// Revision 2026-07-28: every request describes itself; nothing is remembered between requests.
class ModernEra {
 public:
  explicit ModernEra(Engine& engine) : engine_(engine) {}

  // Whether the message carries a protocol version of its own, which is what makes it modern.
  static bool claims(const Message& message);

  Outcome answer(const Post& post, const Message& message);

 private:
  http::Response list_tools(const Message& message) const;
  Outcome call(const Post& post, const Message& message);
  http::Response listen(const Post& post, const Message& message);
  http::Response complete(const Message& message, const std::string& result) const;

  Engine& engine_;
};

}  // namespace gatehouse::mcp
