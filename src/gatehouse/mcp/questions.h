// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/mcp/stream_relay.h"

namespace gatehouse::mcp {

// The requests that this server sent to clients of the legacy revisions and that are not answered
// yet. The answer comes as a POST of its own, on any replica: the id tells, sealed, which one
// asked.
class Questions {
 public:
  Questions(StateSealer& sealer, base::Random& random, const StreamRelay& relay);

  // What a client answered: `result`, which belongs to `document`, or an error. `result` is null
  // for an error.
  struct Reply {
    std::shared_ptr<const base::JsonDocument> document;
    base::JsonValue result;
  };
  using OnReply = std::function<void(Reply)>;

  // Gives the id of the request to send. `on_reply` is called at most once.
  std::string ask(const std::string& principal, const std::string& session_key, OnReply on_reply);
  // Whether it was still open.
  bool withdraw(const std::string& id);

  // Whether the response was to a question asked here by that session. `response` belongs to
  // `document`.
  bool answer(const std::string& principal, const std::string& session_key, const Message& response,
              std::shared_ptr<const base::JsonDocument> document);

  // The address of the replica that asked, when it was another one; else empty.
  std::string asker(const std::string& principal, const Message& response);

 private:
  struct Asked {
    std::string principal;
    std::string session_key;
    OnReply on_reply;
  };

  StateSealer& sealer_;
  base::Random& random_;
  const StreamRelay& relay_;
  std::unordered_map<std::string, Asked> asked_;  // by id; bounded by the calls that ask
};

}  // namespace gatehouse::mcp
