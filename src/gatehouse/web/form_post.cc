// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/form_post.h"

#include "gatehouse/http/media_type.h"
#include "gatehouse/oauth/form_body.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kBodyBytesMax = 32 * 1024;

}  // namespace

bool is_from_our_page(const http::Request& request, std::string_view public_url) {
  const auto site = request.header("Sec-Fetch-Site");
  if (request.header_count("Sec-Fetch-Site") > 0 && site != "same-origin") return false;
  if (request.header_count("Origin") == 0) return true;
  const auto origin = request.header("Origin");
  // Privacy settings make some browsers hide the origin even from its own site.
  if (origin == "null") return site == "same-origin";
  return origin == public_url;
}

std::optional<http::FormFields> posted_fields(const http::Request& request) {
  if (!http::has_body_of_type(request, "application/x-www-form-urlencoded")) return std::nullopt;
  if (request.body.size() > kBodyBytesMax) return std::nullopt;
  auto fields = http::parse_form(request.body);
  if (!fields) return std::nullopt;
  for (const auto& [name, value] : *fields) {
    if (http::field_count(*fields, name) > 1) return std::nullopt;
  }
  return fields;
}

bool is_prefetch(const http::Request& request) {
  for (const char* name : {"Sec-Purpose", "Purpose"}) {
    if (request.header(name).value_or("").starts_with("prefetch")) return true;
  }
  return false;
}

bool wants_json(const http::Request& request) {
  const std::string_view accept = request.header("Accept").value_or("");
  return accept.find("application/json") != std::string_view::npos &&
         accept.find("text/html") == std::string_view::npos;
}

}  // namespace gatehouse::web
