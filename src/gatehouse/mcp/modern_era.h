// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/methods.h"

namespace gatehouse::mcp {

// Revision 2026-07-28: every request describes itself; nothing is remembered between requests.
class ModernEra {
 public:
  explicit ModernEra(Engine& engine) : engine_(engine), shared_(engine) {}

  // Whether the message carries a protocol version of its own, which is what makes it modern.
  static bool claims(const Message& message);

  Outcome answer(const Post& post, const Message& message);

 private:
  Outcome answer_request(const Post& post, const Message& message);
  Outcome start(const Post& post, const Message& message, std::unique_ptr<Job> job);
  http::Response answer_task(const Post& post, const Message& message);
  http::Response listen(const Post& post, const Message& message);

  Engine& engine_;
  Methods shared_;
};

}  // namespace gatehouse::mcp
