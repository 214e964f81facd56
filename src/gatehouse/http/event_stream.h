// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::http {

// A draining server ends an open-ended stream at once; one that answers a request may go on until
// its writer closes it or the drain's limit has passed.
enum class StreamPurpose { open_ended, answer };

// Server-sent events (WHATWG HTML section 9.2) towards one client. A handler keeps one reference
// and writes; the server keeps the other and sends. Lives on the event loop's thread. The server
// writes the head and a first comment at once, a comment every 15 s of silence, and closes the
// stream when the client is gone, reads too slowly, or the server drains.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  static std::shared_ptr<EventStream> create(StreamPurpose purpose = StreamPurpose::open_ended);
  virtual ~EventStream() = default;

  struct Event {
    std::string_view data;  // line breaks become several data lines
    std::string_view name;  // no `event:` line when empty
    std::string_view id;    // no `id:` line when empty
    // How long the client waits before it connects again; no `retry:` line when zero.
    std::chrono::milliseconds retry{0};
  };

  // False when the stream is closed; nothing is kept then. A reader with more than the limit still
  // unsent when the next event comes is cut: the event that exceeds the limit by itself still goes
  // out whole.
  virtual bool send(const Event& event) = 0;
  virtual bool comment(std::string_view text) = 0;
  // Ends the stream after what has been written went out.
  virtual void close() = 0;
  virtual bool is_open() const = 0;

  // Called once, on the loop, when the stream has ended for whatever reason; at once if it has
  // already. Never called from within send(), comment() or close(). One callback per stream.
  virtual void on_closed(std::function<void()> callback) = 0;
};

// Appends the event as the client reads it. Line breaks and NUL are left out of name and id, so
// that no text can add a field or an event of its own (T27).
void append_event(std::string& out, const EventStream::Event& event);
// A comment line per line of text; never an event.
void append_comment(std::string& out, std::string_view text);

}  // namespace gatehouse::http
