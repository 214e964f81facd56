// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/http/message.h"
#include "gatehouse/web/brand.h"
#include "gatehouse/web/html.h"

namespace gatehouse::web {

// A whole page. Every page is sent with a policy that lets it load our stylesheet, the operator's
// logo if there is one, and nothing else, be framed by nobody, and be kept by no cache.
struct Page {
  Page() {}
  explicit Page(const Brand& whose) : brand(whose) {}
  int status = 200;
  Brand brand;
  std::string title;
  Html body;
  bool has_ways_out = true;  // links to our other pages; a page that asks something has none
  // Where forms of this page may lead, redirects included: sources of a Content-Security-Policy.
  std::vector<std::string> form_targets;
};

http::Response page_response(const Page& page);

// A redirect that no cache keeps and that sends no referrer. 303 after a POST (RFC 9700 section
// 4.12), 302 else.
http::Response redirect_response(int status, std::string location);

// The source that allows a form to lead to this URL: its origin, or for apps its scheme.
std::string form_target_of(std::string_view url);

}  // namespace gatehouse::web
