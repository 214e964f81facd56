// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/response_head.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

constexpr std::string_view kStreamFields =
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-cache, no-transform\r\n"
    "X-Accel-Buffering: no\r\n";

// Copies into room that was made before, without a size check per piece.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  Pen& put(std::string_view text) {
    text.copy(at_, text.size());
    at_ += text.size();
    return *this;
  }
  Pen& put_number(std::size_t number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* at() const { return at_; }

 private:
  char* at_;
};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  for (std::string_view each : names) {
    if (each.size() == name.size() && base::equal_ignoring_case(each, name)) return true;
  }
  return false;
}

bool is_servers_own(std::string_view name) {
  return is_one_of(name,
                   {"Content-Length", "Date", "Connection", "Transfer-Encoding", "Keep-Alive"});
}

// The fields every stream carries; a handler that sets one as well is not heard.
bool is_streams_own(std::string_view name) {
  return is_one_of(name, {"Content-Type", "Cache-Control", "X-Accel-Buffering"});
}

void put_two_digits(char* at, int number) {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
}

std::size_t room_for(const Response& response, std::string_view reason) {
  std::size_t room = 256 + kStreamFields.size() + reason.size();
  for (const ResponseField& header : response.headers)
    room += header.name.size() + header.value.size() + 4;
  return room;
}

}  // namespace

std::string_view DateLine::at(std::time_t now) {
  if (now == shown_) return {text_, kSize};
  if (shown_ < 0 || now / 60 != shown_ / 60) write_minute(now);
  put_two_digits(text_ + 29, static_cast<int>(now % 60));
  shown_ = now;
  return {text_, kSize};
}

// Names and digits by hand: strftime follows the locale, and takes four times as long.
void DateLine::write_minute(std::time_t now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  const int year = parts.tm_year + 1900;
  std::memcpy(text_, "Date: ___, __ ___ ____ __:__:__ GMT\r\n", kSize);
  std::memcpy(text_ + 6, kDays[parts.tm_wday], 3);
  put_two_digits(text_ + 11, parts.tm_mday);
  std::memcpy(text_ + 14, kMonths[parts.tm_mon], 3);
  put_two_digits(text_ + 18, year / 100);
  put_two_digits(text_ + 20, year % 100);
  put_two_digits(text_ + 23, parts.tm_hour);
  put_two_digits(text_ + 26, parts.tm_min);
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
  assert(response.status >= 200 && response.status <= 599);
  const std::string_view reason = reason_phrase(response.status);
  const bool streams = options.framing != Framing::length;
  const std::size_t before = out.size();
  out.resize(before + room_for(response, reason));

  Pen pen(out.data() + before);
  pen.put("HTTP/1.1 ").put_number(static_cast<std::size_t>(response.status));
  pen.put(" ").put(reason).put("\r\n").put(options.date_line);
  for (const ResponseField& header : response.headers) {
    assert(header.name.is_legal() && header.value.is_legal());
    assert(!is_servers_own(header.name));
    if (streams && is_streams_own(header.name)) continue;
    pen.put(header.name).put(": ").put(header.value).put("\r\n");
  }
  if (streams) {
    pen.put(kStreamFields);
    if (options.framing == Framing::chunked) pen.put("Transfer-Encoding: chunked\r\n");
  } else if (has_body(response.status)) {
    pen.put("Content-Length: ").put_number(response.body.size()).put("\r\n");
  }
  if (options.close) pen.put("Connection: close\r\n");
  pen.put("\r\n");
  out.resize(static_cast<std::size_t>(pen.at() - out.data()));
}

}  // namespace gatehouse::http
