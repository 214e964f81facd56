// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/legacy_methods.h"

namespace gatehouse::mcp {

// Revisions up to 2025-11-25 over Streamable HTTP: a session opened by `initialize`.
class LegacyEra {
 public:
  explicit LegacyEra(Engine& engine) : engine_(engine), methods_(engine) {}

  Outcome answer(const Post& post, const Message& message);
  // Of revision 2025-03-26 only.
  Outcome answer_batch(const Post& post, const std::vector<base::JsonValue>& elements);

  http::Response open_stream(const http::Request& request, const Caller& caller,
                             const base::Executor& executor);
  http::Response end_session(const http::Request& request, const Caller& caller);

  const Methods& shared() const { return methods_.shared(); }
  // Whether the session's client takes 403 for a request to authorize anew.
  bool can_challenge(const http::Request& request, const Caller& caller);

 private:
  using SessionPtr = std::shared_ptr<const Session>;
  struct Refusal {
    int status = 500;
    RpcError error = {};
  };

  base::Result<SessionPtr, Refusal> find_session(const http::Request& request,
                                                 const Caller& caller);
  http::Response initialize(const Post& post, const Message& message);
  Exchange::Carries carries(const Post& post, const Session& session) const;
  Outcome answer_request(const Post& post, const Message& message, const Session& session);
  std::shared_ptr<http::EventStream> resume(const http::Request& request, const Caller& caller,
                                            const Session& session);
  OpenStreams::Terms terms_of(const Caller& caller, const Session& session);

  Engine& engine_;
  LegacyMethods methods_;
};

}  // namespace gatehouse::mcp
