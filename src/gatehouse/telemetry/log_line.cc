// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/log_line.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <ctime>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::string_view kCutMark = "\xE2\x80\xA6";      // an ellipsis
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// "2026-11-24T04:25:24", made anew only when the second changes.
std::string_view date_and_time(std::time_t seconds) {
  struct Made {
    std::time_t seconds = -1;
    char text[32] = {};
    std::size_t size = 0;
  };
  thread_local Made made;
  if (made.seconds != seconds) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    made.size = std::strftime(made.text, sizeof(made.text), "%Y-%m-%dT%H:%M:%S", &parts);
    made.seconds = seconds;
  }
  return {made.text, made.size};
}

// RFC 3339 in UTC with milliseconds.
void append_time(std::string& out, LogTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = static_cast<int>((time - seconds).count());
  out += date_and_time(std::chrono::system_clock::to_time_t(seconds));
  out += '.';
  out += static_cast<char>('0' + fraction / 100);
  out += static_cast<char>('0' + fraction / 10 % 10);
  out += static_cast<char>('0' + fraction % 10);
  out += 'Z';
}

// What JSON lets through although a terminal or a reader's eye is misled by it: DEL, the C1
// controls, line and paragraph separators, and the controls of text direction.
bool misleads(std::string_view sequence) {
  if (sequence == "\x7f") return true;
  if (sequence.size() == 2) return sequence >= "\xC2\x80" && sequence <= "\xC2\x9F";
  if (sequence.size() != 3) return false;
  const auto is_within = [sequence](std::string_view first, std::string_view last) {
    return sequence >= first && sequence <= last;  // string_view compares bytes as unsigned
  };
  return is_within("\xE2\x80\x8E", "\xE2\x80\x8F") ||  // U+200E, U+200F
         is_within("\xE2\x80\xA8", "\xE2\x80\xAE") ||  // U+2028 to U+202E
         is_within("\xE2\x81\xA6", "\xE2\x81\xA9");    // U+2066 to U+2069
}

bool is_printable_ascii(std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

// The text cut at a character's end. Broken UTF-8 passes: the JSON writer replaces it.
std::string_view cut(std::string_view text) {
  if (text.size() <= kLogValueBytesMax) return text;
  std::size_t size = kLogValueBytesMax;
  for (int back = 0; back < 3 && (text[size] & 0xC0) == 0x80; ++back) --size;
  return text.substr(0, size);
}

std::string without_misleading(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(1, base::utf8_sequence_size(text));
    const std::string_view sequence = text.substr(0, size);
    clean += misleads(sequence) ? kReplacement : sequence;
    text.remove_prefix(size);
  }
  return clean;
}

void append_quoted(std::string& out, std::string_view text) {
  const std::string_view shown = cut(text);
  if (shown.size() == text.size() && is_printable_ascii(shown)) {
    base::append_json_string(out, shown);
    return;
  }
  std::string clean = without_misleading(shown);
  if (shown.size() < text.size()) clean += kCutMark;
  base::append_json_string(out, clean);
}

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

void append_value(std::string& out, const LogField& field) {
  if (const auto* const number = std::get_if<std::int64_t>(&field.value)) {
    append_number(out, *number);
  } else {
    append_quoted(out, std::get<std::string_view>(field.value));
  }
}

// Of a request that nobody traces.
bool is_absent(const LogField& field) {
  if (field.field != Field::trace_id && field.field != Field::request_id) return false;
  const auto* const text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->empty();
}

bool reads_without_quotes(std::string_view text) {
  if (text.empty() || text.size() > kLogValueBytesMax) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
    case Level::audit:
      return "audit";
  }
  assert(false && "a level that does not exist");
  return {};
}

std::string_view name_of(Field field) {
  switch (field) {
    case Field::reason:
      return "reason";
    case Field::detail:
      return "detail";
    case Field::method:
      return "method";
    case Field::route:
      return "route";
    case Field::status:
      return "status";
    case Field::duration_ms:
      return "duration_ms";
    case Field::bytes:
      return "bytes";
    case Field::count:
      return "count";
    case Field::peer:
      return "peer";
    case Field::trace_id:
      return "trace_id";
    case Field::request_id:
      return "request_id";
    case Field::client:
      return "client";
    case Field::client_name:
      return "client_name";
    case Field::user:
      return "user";
    case Field::grant:
      return "grant";
    case Field::tool:
      return "tool";
    case Field::object:
      return "object";
    case Field::outside:
      return "outside";
    case Field::upstream:
      return "upstream";
    case Field::upstream_status:
      return "upstream_status";
    case Field::attempt:
      return "attempt";
    case Field::operation:
      return "operation";
    case Field::error_type:
      return "error_type";
    case Field::aws_request_id:
      return "aws_request_id";
    case Field::setting:
      return "setting";
    case Field::path:
      return "path";
    case Field::version:
      return "version";
    case Field::url:
      return "url";
    case Field::domain:
      return "domain";
  }
  assert(false && "a field that does not exist");
  return {};
}

void append_json_line(std::string& out, LogTime time, Level level, std::string_view event,
                      std::span<const LogField> fields) {
  out += R"({"time":")";
  append_time(out, time);
  out += R"(","level":")";
  out += name_of(level);
  out += R"(","event":)";
  append_quoted(out, event);
  for (const LogField& field : fields) {
    if (is_absent(field)) continue;
    out += ",\"";
    out += name_of(field.field);
    out += "\":";
    append_value(out, field);
  }
  out += '}';
}

void append_readable_line(std::string& out, LogTime time, Level level, std::string_view event,
                          std::span<const LogField> fields) {
  constexpr std::size_t kLevelWidth = 5;
  append_time(out, time);
  out += ' ';
  const std::string_view name = name_of(level);
  out += name;
  out.append(kLevelWidth - name.size() + 1, ' ');
  if (is_printable_ascii(event)) {
    out += cut(event);
  } else {
    append_quoted(out, event);
  }
  for (const LogField& field : fields) {
    if (is_absent(field)) continue;
    out += ' ';
    out += name_of(field.field);
    out += '=';
    const auto* const text = std::get_if<std::string_view>(&field.value);
    if (text != nullptr && reads_without_quotes(*text)) {
      out += *text;
    } else {
      append_value(out, field);
    }
  }
}

}  // namespace gatehouse::telemetry
