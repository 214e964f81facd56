// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/message.h"

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

Response typed_response(int status, HeaderValue type, std::string body) {
  Response response;
  response.status = status;
  response.with("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

}  // namespace

Response& Response::with(HeaderName name, HeaderValue value) & {
  constexpr std::size_t kUsual = 6;  // moving fields to a larger place costs more than the room
  if (headers.empty()) headers.reserve(kUsual);
  headers.push_back({std::move(name), std::move(value)});
  return *this;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  const HeaderView* found = nullptr;
  for (const HeaderView& field : headers) {
    if (field.name.size() != name.size() || !base::equal_ignoring_case(field.name, name)) continue;
    if (found != nullptr) return std::nullopt;
    found = &field;
  }
  if (found == nullptr) return std::nullopt;
  return found->value;
}

std::size_t Request::header_count(std::string_view name) const {
  std::size_t count = 0;
  for (const HeaderView& field : headers) {
    if (field.name.size() == name.size() && base::equal_ignoring_case(field.name, name)) ++count;
  }
  return count;
}

Response text_response(int status, std::string body) {
  return typed_response(status, "text/plain; charset=utf-8", std::move(body));
}

Response json_response(int status, std::string body) {
  return typed_response(status, "application/json", std::move(body));
}

Response html_response(int status, std::string body) {
  return typed_response(status, "text/html; charset=utf-8", std::move(body));
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace gatehouse::http
