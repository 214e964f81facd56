// SPDX-License-Identifier: Apache-2.0
//
// Whatever text is sent, a reader of server-sent events finds one event with that text, and none
// in a comment (T27). The reader below is the one of the HTML standard, section 9.2.6.
#include <optional>

#include "fuzzing.h"
#include "gatehouse/http/event_stream.h"

namespace gatehouse::fuzzing {
namespace {

struct Event {
  std::string name, id, data;
};

class Reader {
 public:
  std::vector<Event> read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find_first_of("\r\n");
      assert(end != std::string_view::npos);  // what we write ends with a line end
      take(text.substr(0, end));
      text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return std::move(events_);
  }

 private:
  void take(std::string_view line) {
    if (line.empty()) return dispatch();
    if (line.front() == ':') return;
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event_.name = value;
    if (field == "id" && value.find('\0') == std::string_view::npos) event_.id = value;
    if (field == "data") {
      event_.data.append(value).append("\n");
      has_data_ = true;
    }
  }

  void dispatch() {
    if (has_data_) {
      event_.data.pop_back();
      events_.push_back(event_);
    }
    event_ = Event();
    has_data_ = false;
  }

  std::vector<Event> events_;
  Event event_;
  bool has_data_ = false;
};

std::string with_plain_line_ends(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    plain += text[i] == '\r' ? '\n' : text[i];
  }
  return plain;
}

std::string without_line_ends(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != '\0') kept += c;
  }
  return kept;
}

}  // namespace

void run(std::string_view input) {
  http::EventStream::Event event;
  event.name = take_part(input);
  event.id = take_part(input);
  event.data = input;

  std::string comment;
  http::append_comment(comment, event.data);
  assert(Reader().read(comment).empty());

  std::string text = comment;
  http::append_event(text, event);
  http::append_event(text, event);
  const std::vector<Event> events = Reader().read(text);
  assert(events.size() == 2);
  for (const Event& each : events) {
    assert(each.data == with_plain_line_ends(event.data));
    assert(each.name == without_line_ends(event.name));
    assert(each.id == without_line_ends(event.id));
  }
}

}  // namespace gatehouse::fuzzing
