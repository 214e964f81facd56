// SPDX-License-Identifier: Apache-2.0
#include "door.h"

#include <gatehouse/base/encoding.h>

#include <algorithm>
#include <string_view>

namespace notebook {

namespace base = gatehouse::base;
namespace http = gatehouse::http;

Door::Door(std::uint16_t port) {
  for (const char* name : {"127.0.0.1:", "localhost:"})
    hosts_.push_back(name + std::to_string(port));
}

std::optional<http::Response> Door::refuse(const http::Request& request) const {
  // header() gives what occurs exactly once, so that repeated headers are refused too.
  const auto names_us = [&](std::string_view header, const std::string& before_host) {
    const std::optional<std::string_view> value = request.header(header);
    return value && std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& host) {
             return base::equal_ignoring_case(*value, before_host + host);
           });
  };
  if (!names_us("host", "")) return http::text_response(421, "This Host is not served here\n");
  if (request.header_count("origin") > 0 && !names_us("origin", "http://"))
    return http::text_response(403, "Pages of other sites may not call this server\n");
  return std::nullopt;
}

}  // namespace notebook
