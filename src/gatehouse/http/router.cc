// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/router.h"

#include <cassert>
#include <utility>

namespace gatehouse::http {
namespace {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::patch:
      return "PATCH";
    case Method::other:
      break;
  }
  return "";
}

base::Coroutine<Response> answer(Response response) { co_return response; }

}  // namespace

bool takes(const Route& route, std::string_view path) {
  std::string_view pattern = route.path;
  if (!pattern.ends_with("/*")) return pattern == path;
  pattern.remove_suffix(1);
  return path.size() > pattern.size() && path.starts_with(pattern) &&
         path.find('/', pattern.size()) == std::string_view::npos;
}

void Router::add(Route route) {
  assert(route.path.starts_with('/') && route.handler && route.method != Method::other);
  assert(find(route.method, route.path) == nullptr);
  routes_.push_back(std::move(route));
}

const Route* Router::find(Method method, std::string_view path) const {
  for (const Route& route : routes_) {
    if (route.method == method && takes(route, path)) return &route;
  }
  return nullptr;
}

std::string Router::allowed_methods(std::string_view path) const {
  std::string allowed;
  const auto append = [&allowed](std::string_view name) {
    if (!allowed.empty()) allowed += ", ";
    allowed += name;
  };
  for (const Route& route : routes_) {
    if (!takes(route, path)) continue;
    append(name_of(route.method));
    if (route.method == Method::get && find(Method::head, path) == nullptr) append("HEAD");
  }
  return allowed;
}

// No coroutine of its own: the route's coroutine is handed through, which saves a frame per
// request.
base::Coroutine<Response> Router::handle(const Request& request) const {
  const Route* route = find(request.method, request.path);
  if (route == nullptr && request.method == Method::head) route = find(Method::get, request.path);
  if (route != nullptr) {
    request.route = route->path;
    return route->handler(request);
  }
  std::string allowed = allowed_methods(request.path);
  if (allowed.empty()) return answer(text_response(404, "Not found\n"));
  Response response = text_response(405, "Method not allowed\n").with("Allow", std::move(allowed));
  response.close = request.method == Method::other;  // TRACE and the like: HP-13
  return answer(std::move(response));
}

}  // namespace gatehouse::http
