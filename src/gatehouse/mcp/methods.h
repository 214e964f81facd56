// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "gatehouse/base/result.h"
#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {

// What a request comes to before anything has been waited for: a whole result, or work.
using Answerable = std::variant<std::string, std::unique_ptr<Job>>;

// The methods that all revisions share: lists, tool calls, prompts, resources, completion.
class Methods {
 public:
  explicit Methods(Engine& engine) : engine_(engine) {}

  // nullopt when the method is none of these. An error is for the client.
  std::optional<base::Result<Answerable, RpcError>> read(const Post& post, const Message& message,
                                                         Revision revision) const;

  // What the caller's token lacks for the request.
  std::optional<MissingScope> missing_scope(const Caller& caller, const Message& message) const;
  // The same for the first of several messages that lacks something.
  std::optional<MissingScope> missing_scope_in(const Post& post) const;

  // Whether there is such a resource and the caller may know of its changes.
  bool may_watch(const Caller& caller, std::string_view uri) const;

  // The job with everything the runner needs; `revision`'s own members are for the caller to add.
  static CallRequest call_request(const Post& post, const Message& message, Revision revision,
                                  std::unique_ptr<Job> job);

 private:
  using Read = base::Result<Answerable, RpcError>;
  Read list(const Post& post, const Message& message, ListKind kind, Revision revision) const;
  Read call_tool(const Post& post, const Message& message, Revision revision) const;
  Read get_prompt(const Post& post, const Message& message, Revision revision) const;
  Read read_resource(const Post& post, const Message& message, Revision revision) const;
  Read complete(const Post& post, const Message& message) const;

  Engine& engine_;
};

// Asks the host about the scope that the caller lacks. A caller who has gained it takes the place
// of `caller`, which is what `post` refers to.
base::Coroutine<void> judge_scope(const Engine& engine, Post& post,
                                  std::shared_ptr<const Caller>& caller,
                                  const MissingScope& missing);

// What a client of which revision reads where the caller lacks a scope and no HTTP status can say
// it.
std::string missing_scope_answer(const Engine& engine, const Post& post, const Message& message,
                                 const MissingScope& missing, Revision revision);
// The same as a whole response: the host's challenge where it gave one.
http::Response missing_scope_response(const Engine& engine, const Post& post,
                                      const Message& message, const MissingScope& missing,
                                      Revision revision);

}  // namespace gatehouse::mcp
