// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/end_page.h"

#include "gatehouse/web/html.h"

namespace gatehouse::web {

Page end_page(const Brand& brand, const EndWords& words) {
  Page page(brand);
  page.status = words.status;
  page.title = words.title;
  page.body = html("<h1>{}</h1>\n<p>{}</p>\n<p>{}</p>\n", words.title, words.happened, words.to_do);
  return page;
}

}  // namespace gatehouse::web
