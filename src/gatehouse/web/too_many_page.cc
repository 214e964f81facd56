// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/too_many_page.h"

#include <string>

#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {
namespace {

http::Response answer_for(const Brand& brand, const http::Request& request,
                          const std::string& seconds) {
  if (wants_json(request)) {
    const oauth::Rejection rejection{oauth::Reason::rate_limited,
                                     "too many requests from this address"};
    return oauth::error_response(rejection);
  }
  Page page(brand);
  page.status = 429;
  page.title = "Too many requests from your network";
  page.body = html(
      "<h1>{}</h1>\n<p>{} limits how often one network may ask for its pages.</p>\n"
      "<p>Nothing was lost. Wait {} s, then load this page again.</p>\n",
      page.title, brand.name, seconds);
  return page_response(page);
}

}  // namespace

http::Response too_many_requests(const Brand& brand, const http::Request& request,
                                 std::chrono::seconds wait) {
  const std::string seconds = std::to_string(wait.count());
  http::Response response = answer_for(brand, request, seconds);
  response.with("Retry-After", seconds);
  return response;
}

}  // namespace gatehouse::web
