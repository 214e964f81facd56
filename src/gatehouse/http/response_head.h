// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::http {

// How the receiver finds the end of what follows the head.
enum class Framing {
  length,       // Content-Length, or no body at all for 204 and 304
  chunked,      // an event stream
  until_close,  // an event stream for an HTTP/1.0 client
};

// `Date: ...\r\n`, written once per second and anew once per minute. Years of four digits.
class DateLine {
 public:
  std::string_view at(std::time_t now);

 private:
  static constexpr std::size_t kSize = 37;

  void write_minute(std::time_t now);

  std::time_t shown_ = -1;
  char text_[kSize] = {};  // "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
};

struct HeadOptions {
  Framing framing = Framing::length;
  bool close = false;  // say `Connection: close`
  std::string_view date_line;
};

// Appends status line, header fields and the empty line. The one writer of response heads: a name
// that is no token, a value with a control byte, or a field that is the server's own ends the
// process in an assertion (T27).
void append_head(std::string& out, const Response& response, const HeadOptions& options);

// Whether answers of this status have a body at all.
bool has_body(int status);

}  // namespace gatehouse::http
