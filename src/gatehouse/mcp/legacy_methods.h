// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/mcp/engine.h"

namespace gatehouse::mcp {

bool is_initialize(const Message& message);
RpcError not_a_message();

// Absent means what was negotiated before; see 2025-06-18, transports.
std::optional<RpcError> version_header_problem(const http::Request& request);

// What the revisions up to 2025-11-25 do with a message, whichever transport brought it.
class LegacyMethods {
 public:
  explicit LegacyMethods(Engine& engine) : engine_(engine) {}

  // What `initialize` comes to: the client's version if we speak it, else our newest of this era.
  // An error is for the client.
  static base::Result<Revision, RpcError> negotiate(const Message& initialize);
  std::string initialize_answer(const Message& initialize, Revision revision) const;

  // Every other request but tool calls.
  std::string answer_at_once(const Message& message, Revision revision) const;

  // Notifications and responses. Only a cancellation changes anything: of calls of that session.
  void take_notification(const Caller& caller, const Message& message, const Session& session);

  // Anything but `initialize`, where an answer needs no HTTP status of its own. Answers, at once or
  // later, go to the exchange of `pending`.
  void take(const Post& post, const Message& message, const Session& session, Pending& pending);

  // Batches belong to revision 2025-03-26 only.
  base::Result<std::vector<Message>, RpcError> read_batch(
      const std::vector<base::JsonValue>& elements, Revision revision) const;

 private:
  std::string list_tools(const Message& message, Revision revision) const;
  void take_call(const Post& post, const Message& message, const Session& session,
                 Pending& pending);

  Engine& engine_;
};

}  // namespace gatehouse::mcp
