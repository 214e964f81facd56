// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/invitation.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kBytesMax = 256 * 1024;
constexpr std::size_t kEventsMax = 10;
constexpr std::size_t kValueMax = 300;

// RFC 5545 section 3.1: a line goes on in the next one when that begins with white space.
std::string unfolded(std::string_view calendar) {
  std::string out;
  for (std::size_t i = 0; i < calendar.size(); ++i) {
    if (calendar[i] == '\r') continue;
    const bool folds = calendar[i] == '\n' && i + 1 < calendar.size() &&
                       (calendar[i + 1] == ' ' || calendar[i + 1] == '\t');
    if (folds) {
      ++i;
    } else {
      out.push_back(calendar[i]);
    }
  }
  return out;
}

struct Property {
  std::string name;
  std::string parameters;
  std::string value;
};

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      out.push_back(value[i]);
      continue;
    }
    ++i;
    out.push_back(value[i] == 'n' || value[i] == 'N' ? ' ' : value[i]);
  }
  return shortened(clean_line(out).text, kValueMax);
}

Property parse_property(std::string_view line) {
  Property property;
  bool quoted = false;
  std::size_t colon = 0;
  for (; colon < line.size() && (quoted || line[colon] != ':'); ++colon) {
    if (line[colon] == '"') quoted = !quoted;
  }
  const std::string_view head = line.substr(0, colon);
  const std::size_t semicolon = std::min(head.find(';'), head.size());
  property.name = base::to_lower_ascii(head.substr(0, semicolon));
  property.parameters = std::string(head.substr(semicolon));
  property.value = unescaped(line.substr(std::min(line.size(), colon + 1)));
  return property;
}

std::string parameter(const Property& property, std::string_view name) {
  const std::string key = ";" + std::string(name) + "=";
  const std::size_t at = property.parameters.find(key);
  if (at == std::string::npos) return "";
  std::string_view value = std::string_view(property.parameters).substr(at + key.size());
  if (value.starts_with('"')) return clean_line(value.substr(1, value.find('"', 1) - 1)).text;
  return clean_line(value.substr(0, value.find(';'))).text;
}

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// 20261116T090000Z as 2026-11-16T09:00Z, with the zone the calendar names.
std::string readable_time(const Property& property) {
  const std::string& raw = property.value;
  const std::string_view view = raw;
  const bool is_date = raw.size() >= 8 && are_digits(view.substr(0, 8));
  if (!is_date) return raw;
  std::string out = raw.substr(0, 4) + "-" + raw.substr(4, 2) + "-" + raw.substr(6, 2);
  const bool has_time = raw.size() >= 13 && raw[8] == 'T' && are_digits(view.substr(9, 4));
  if (has_time) out += "T" + raw.substr(9, 2) + ":" + raw.substr(11, 2);
  if (raw.ends_with('Z')) out += "Z";
  const std::string zone = parameter(property, "TZID");
  return zone.empty() ? out : out + " " + zone;
}

struct Event {
  std::string summary, start, end, where, organizer, recurrence, status;

  std::string text() const {
    std::string out = "Event: " + summary;
    if (!start.empty()) out += "\nWhen: " + start + (end.empty() ? "" : " to " + end);
    if (!recurrence.empty()) out += "\nRepeats: " + recurrence;
    if (!where.empty()) out += "\nWhere: " + where;
    if (!organizer.empty()) out += "\nOrganizer: " + organizer;
    if (!status.empty()) out += "\nStatus: " + status;
    return out;
  }
};

void read_property(const Property& property, Event& event) {
  if (property.name == "summary") event.summary = property.value;
  if (property.name == "dtstart") event.start = readable_time(property);
  if (property.name == "dtend") event.end = readable_time(property);
  if (property.name == "location") event.where = property.value;
  if (property.name == "rrule") event.recurrence = property.value;
  if (property.name == "status") event.status = property.value;
  if (property.name != "organizer") return;
  std::string_view address = property.value;
  if (base::equal_ignoring_case(address.substr(0, 7), "mailto:")) address.remove_prefix(7);
  const std::string name = parameter(property, "CN");
  event.organizer = name.empty() ? std::string(address) : name + " <" + std::string(address) + ">";
}

}  // namespace

std::string invitation_text(std::string_view calendar) {
  const std::string lines = unfolded(calendar.substr(0, kBytesMax));
  std::string_view rest = lines;
  std::string out;
  std::string method;
  std::size_t depth = 0;  // of components inside an event, like alarms
  std::size_t events = 0;
  Event event;
  while (!rest.empty() && events < kEventsMax) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    const Property property = parse_property(rest.substr(0, size));
    rest.remove_prefix(std::min(rest.size(), size + 1));
    const bool is_event = base::equal_ignoring_case(property.value, "VEVENT");
    if (property.name == "method" && depth == 0) method = property.value;
    if (property.name == "begin" && (is_event || depth > 0)) {
      if (depth++ == 0) event = Event();
    } else if (property.name == "end" && depth > 0) {
      if (--depth > 0) continue;
      out += (out.empty() ? "" : "\n\n") + event.text();
      ++events;
    } else if (depth == 1) {
      read_property(property, event);
    }
  }
  if (out.empty()) return "";
  if (rest.find("BEGIN:VEVENT") != std::string_view::npos) out += "\n\n[more events follow]";
  return "[invitation" + (method.empty() ? "" : ": " + method) + "]\n" + out;
}

}  // namespace gatehouse::workspace::gmail
