// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/http/handler.h"

namespace gatehouse::http {

// Who may call a route. Every route says it; a test walks the table and calls each `bearer` route
// without a token.
enum class Access { open, browser, bearer };

struct Route {
  Method method;
  // Compared byte for byte; nothing is normalised. One that ends in "/*" takes any one segment
  // more, as it is: of a route whose last segment is a secret.
  std::string path;
  Access access;
  Handler handler;
};

bool takes(const Route& route, std::string_view path);

// A fixed table: unknown path 404, known path with another method 405 with Allow. HEAD is answered
// by GET without the body unless a route takes it. No route is found by prefix, but for the one
// segment of a "/*".
class Router {
 public:
  void add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  // Sets Request::route when a route takes the request. The router outlives the coroutine.
  base::Coroutine<Response> handle(const Request& request) const;

 private:
  const Route* find(Method method, std::string_view path) const;
  std::string allowed_methods(std::string_view path) const;

  std::vector<Route> routes_;
};

}  // namespace gatehouse::http
