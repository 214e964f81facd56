// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/http/header_text.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::http {

class EventStream;

enum class Method { get, head, post, put, del, options, patch, other };

struct HeaderView {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

// A request as the parser accepted it. All views point into the connection's buffer and live until
// the handler's coroutine has finished; what must live longer is copied.
struct Request {
  Method method = Method::get;
  std::string_view method_name;
  std::string_view target;  // as sent, origin form only
  std::string_view path;    // before '?', not decoded; routes compare it byte for byte
  std::string_view query;   // after '?', not decoded
  std::span<const HeaderView> headers;
  std::string_view body;  // followed by 64 readable bytes
  std::string_view peer;  // address of the TCP peer, no port

  // Path of the route that took the request, for logs and metrics; empty until a Router found one.
  // Never outside text.
  mutable std::string_view route;

  // Names the request in log lines and towards others; of nothing until whoever takes requests in
  // has named it.
  mutable telemetry::RequestTrace trace;

  // The value of a header that occurs exactly once; nullopt when absent or repeated. Names compare
  // without case.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_count(std::string_view name) const;
};

struct Header {
  std::string name;
  std::string value;
};

// What a handler answers. Content-Length, Date and Connection are the server's; a header value with
// CR, LF or NUL ends the process in an assertion, so outside text is checked or encoded before it
// gets here.
struct Response {
  int status = 200;
  std::vector<ResponseField> headers;
  std::string body;
  std::shared_ptr<EventStream> stream;  // when set: text/event-stream, the body is ignored
  bool close = false;                   // close the connection after this answer

  Response& with(HeaderName name, HeaderValue value) &;
  Response&& with(HeaderName name, HeaderValue value) && {
    return std::move(with(std::move(name), std::move(value)));
  }
};

Response text_response(int status, std::string body);
Response json_response(int status, std::string body);
Response html_response(int status, std::string body);
Response empty_response(int status);

std::string_view reason_phrase(int status);

}  // namespace gatehouse::http
