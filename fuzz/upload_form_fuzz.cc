// SPDX-License-Identifier: Apache-2.0
//
// A form with a file, as a browser posts it, behind a line with its Content-Type: what is taken
// lies within the body and holds no delimiter, and the file's name can stand in a header of ours.
#include "fuzzing.h"
#include "gatehouse/http/content_disposition.h"
#include "gatehouse/http/header_text.h"
#include "gatehouse/web/upload_form.h"

namespace gatehouse::fuzzing {
namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

void run(std::string_view input) {
  std::string_view body = input;
  const std::string_view type = take_line(body);
  assert(http::ValueRule::allows(http::attachment_disposition(body.substr(0, 500))));
  const auto form = web::upload_form(type, body);
  if (!form) return;
  for (const std::string_view part : {form->form, form->file_name, form->mime, form->bytes})
    assert(lies_in(part, body));
  assert(form->file_name.find('"') == std::string_view::npos);
  assert(form->form.size() + form->bytes.size() < body.size());
  assert(http::ValueRule::allows(http::attachment_disposition(form->file_name)));
}

}  // namespace gatehouse::fuzzing
