// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/event_stream.h"
#include "gatehouse/mcp/change.h"

namespace gatehouse::mcp {

// The long-lived streams: the GET stream of a legacy session and `subscriptions/listen` of the
// stateless revision, which carry nothing that a POST depends on, and the streams of HTTP+SSE,
// which carry all answers. A stream ends with its caller's token, and after `life` at the latest,
// before a balancer cuts it and so that streams spread over new replicas: those opened together end
// over the last five minutes of it, the ones that still owe an answer as late as they can.
class OpenStreams {
 public:
  OpenStreams(const base::Clock& clock, std::size_t per_principal_max, std::chrono::seconds life);
  ~OpenStreams();

  struct Terms {
    std::string principal;
    std::string session_key;  // a stream of the same session takes the place of the old one; empty:
                              // none is replaced
    base::SystemTime expires{};
    std::string last_message;  // sent before the server ends the stream; may be empty
    http::StreamPurpose purpose = http::StreamPurpose::open_ended;
    std::function<bool()> is_owed;  // while true, end_all() leaves the stream to its owner; may be
                                    // empty, as may the next three
    std::function<bool(const Change&)> wants;  // which changes go to this stream
    std::string subscription_id;               // JSON: tags what does, in the stateless revision
    std::function<void()> on_gone;  // called once, when the stream has ended for whatever reason
  };

  // Null when the principal has too many.
  std::shared_ptr<http::EventStream> open(const base::Executor& executor, Terms terms);

  // To every stream that wants to know.
  void announce(const Change& change);

  void end_session(const std::string& principal, const std::string& session_key);
  void end_expired();  // done every few seconds by itself
  // For shutdown.
  void end_all();
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::mcp
