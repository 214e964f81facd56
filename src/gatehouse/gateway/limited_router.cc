// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/limited_router.h"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {
namespace {

base::Coroutine<http::Response> answer(http::Response response) { co_return response; }

}  // namespace

// No coroutine of its own for what passes: the route's is handed through.
base::Coroutine<http::Response> LimitedRouter::handle(const http::Request& request) {
  std::optional<http::Response> refusal = limits_.refusal(request);
  if (refusal) return answer(std::move(*refusal));
  base::Coroutine<http::Response> work = router_.handle(request);
  if (request.route.empty()) {
    const bool known = is_path(request.path);
    refusals_.note(request, known ? 405 : 404, known ? "method" : "no such path");
  }
  return work;
}

bool LimitedRouter::is_path(std::string_view path) const {
  return std::ranges::any_of(router_.routes(),
                             [path](const http::Route& route) { return http::takes(route, path); });
}

}  // namespace gatehouse::gateway
