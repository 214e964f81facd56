// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/methods.h"

namespace gatehouse::mcp {

bool is_initialize(const Message& message);
RpcError not_a_message();

// Absent means what was negotiated before; see 2025-06-18, transports.
std::optional<RpcError> version_header_problem(const http::Request& request);

// Which changes a session's stream carries: every list, and the resources it subscribed to. Empty
// when the server announces none.
std::function<bool(const Change&)> changes_wanted_by(Engine& engine, const std::string& principal,
                                                     const std::string& session_key);

// What the revisions up to 2025-11-25 do with a message, whichever transport brought it.
class LegacyMethods {
 public:
  explicit LegacyMethods(Engine& engine) : engine_(engine), shared_(engine) {}
  const Methods& shared() const { return shared_; }

  // What `initialize` comes to: the client's version if we speak it, else our newest of this era.
  // An error is for the client.
  static base::Result<Negotiated, RpcError> negotiate(const Message& initialize);
  std::string initialize_answer(const Message& initialize, Revision revision) const;

  // Any request but `initialize`: the whole answer, or work that start() begins.
  using Taken = std::variant<std::string, std::unique_ptr<Job>>;
  Taken take_request(const Post& post, const Message& message, const Session& session) const;
  void start(const Post& post, const Message& message, const Session& session,
             std::unique_ptr<Job> job, const std::shared_ptr<Exchange>& exchange);

  // The id, as JSON text, of the request that a cancellation means; nullopt for all other messages.
  static std::optional<std::string> cancelled_id(const Message& message);

  // Notifications and responses: a cancellation of a call of that session, or what the client
  // answers to a request of ours, on this replica or another.
  void take_notification(const Post& post, const Message& message, const Session& session);

  // Anything but `initialize`, where an answer needs no HTTP status of its own. Answers, at once or
  // later, go to the exchange of `pending`.
  void take(const Post& post, const Message& message, const Session& session, Pending& pending);

  // Batches belong to revision 2025-03-26 only.
  base::Result<std::vector<Message>, RpcError> read_batch(
      const std::vector<base::JsonValue>& elements, Revision revision) const;

 private:
  std::string set_log_level(const Caller& caller, const Message& message,
                            const Session& session) const;
  std::string subscribe(const Caller& caller, const Message& message, const Session& session) const;
  std::optional<std::string> own_answer(const Caller& caller, const Message& message,
                                        const Session& session) const;
  void take_reply(const Post& post, const Message& message, const Session& session);

  Engine& engine_;
  Methods shared_;
};

}  // namespace gatehouse::mcp
