// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/event_stream.h"

#include "gatehouse/http/outgoing_event_stream.h"

namespace gatehouse::http {
namespace {

// One line per line of `text`, each behind `prefix`; CR, LF and CRLF all end a line, as they do for
// the reader.
void append_lines(std::string& out, std::string_view prefix, std::string_view text) {
  while (true) {
    const std::size_t end = text.find_first_of("\r\n");
    out.append(prefix).append(text.substr(0, end)).append("\n");
    if (end == std::string_view::npos) return;
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(end + (pair ? 2 : 1));
  }
}

void append_field(std::string& out, std::string_view prefix, std::string_view value) {
  if (value.empty()) return;
  out += prefix;
  for (char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

}  // namespace

std::shared_ptr<EventStream> EventStream::create(StreamPurpose purpose) {
  return std::make_shared<OutgoingEventStream>(purpose);
}

void append_event(std::string& out, const EventStream::Event& event) {
  out.reserve(out.size() + event.data.size() + event.name.size() + event.id.size() + 32);
  append_field(out, "event: ", event.name);
  append_field(out, "id: ", event.id);
  if (event.retry.count() > 0) {
    out.append("retry: ").append(std::to_string(event.retry.count())).append("\n");
  }
  append_lines(out, "data: ", event.data);
  out += '\n';
}

void append_comment(std::string& out, std::string_view text) {
  append_lines(out, ": ", text);
  out += '\n';
}

}  // namespace gatehouse::http
