// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"

namespace gatehouse::oauth {

// For tests: a request that owns what it points to.
class TestRequest {
 public:
  TestRequest(http::Method method, std::string target) : target_(std::move(target)) {
    request_.method = method;
    request_.peer = "192.0.2.7";
    body_.append(64, '\0');
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  TestRequest& header(std::string name, std::string value) {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  TestRequest& bare_body(std::string_view text) {
    body_.assign(text).append(64, '\0');
    body_size_ = text.size();
    return *this;
  }
  TestRequest& body(std::string_view text, std::string type) {
    return bare_body(text).header("Content-Type", std::move(type));
  }
  TestRequest& form(const http::FormFields& fields) {
    return body(http::encode_form(fields), "application/x-www-form-urlencoded");
  }
  // As whoever takes requests in would name it.
  TestRequest& traced(const telemetry::RequestTrace& trace) {
    request_.trace = trace;
    return *this;
  }
  TestRequest& peer(std::string_view address) {
    request_.peer = address;
    return *this;
  }

  const http::Request& get() {
    views_.clear();
    for (const auto& [name, value] : headers_) views_.push_back({name, value});
    request_.headers = views_;
    request_.target = target_;
    const std::size_t mark = target_.find('?');
    request_.path = request_.target.substr(0, mark);
    request_.query = mark == std::string::npos ? "" : request_.target.substr(mark + 1);
    request_.body = std::string_view(body_).substr(0, body_size_);
    return request_;
  }

 private:
  std::string target_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<http::HeaderView> views_;
  std::string body_;
  std::size_t body_size_ = 0;
  http::Request request_;
};

template <class T>
base::Coroutine<void> keep_result(base::Coroutine<T> coroutine, std::optional<T>& out) {
  T value = co_await std::move(coroutine);
  out.emplace(std::move(value));
}

// Runs a coroutine to its end on a loop of its own.
template <class T>
T run(base::Coroutine<T> coroutine) {
  boost::asio::io_context loop;
  std::optional<T> out;
  boost::asio::co_spawn(loop, keep_result(std::move(coroutine), out), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  if (!out) std::abort();
  return std::move(*out);
}

// The value of a header of the answer; empty when absent.
inline std::string header_of(const http::Response& response, std::string_view name) {
  for (const http::ResponseField& header : response.headers) {
    if (header.name == name) return header.value.str();
  }
  return {};
}

// A query parameter of a Location.
inline std::optional<std::string> location_field(const http::Response& response,
                                                 std::string_view name) {
  const std::string location = header_of(response, "Location");
  const std::size_t mark = location.find('?');
  if (mark == std::string::npos) return std::nullopt;
  const auto fields = http::parse_form(std::string_view(location).substr(mark + 1));
  if (!fields) return std::nullopt;
  const auto value = http::single_field(*fields, name);
  if (!value) return std::nullopt;
  return std::string(*value);
}

}  // namespace gatehouse::oauth
