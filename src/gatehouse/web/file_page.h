// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/telemetry/trace.h"
#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// The largest file that a link brings, either way.
inline constexpr std::size_t kLinkedFileBytesMax = 25'000'000;

// How following a file link ends, where it does not end with a file.
enum class FileEnd {
  uploaded,
  link_gone,     // used, too old, or not complete
  other_person,  // it is another person's
  session_ended,
  google_refused,  // what the link may ask Google with is no longer good
  file_gone,
  google_away,
  busy,         // too many files are under way
  unavailable,  // our store or key service
  too_large,
  no_file,        // the form came without one
  form_rejected,  // it did not come from our page
  from_page,      // a page of somebody's wants to put a file here
  wrong_way,      // a file is put to a link that gives one
  unknown,        // Google's answer was lost, so the file may be there
};

// A short word for logs.
std::string_view word_for(FileEnd end);

// What happened and what to do next, as a page and for programs. What went wrong names the
// request's trace.
Page file_end_page(const SiteSettings& settings, FileEnd end, const telemetry::RequestTrace& trace);
http::Response file_end_text(FileEnd end, const telemetry::RequestTrace& trace);

// Asks for a file; posts `form` and `file` to `action`.
Page file_form_page(const SiteSettings& settings, std::string_view file_name,
                    std::string_view client_name, std::string_view account, std::string_view action,
                    std::string_view sealed_form);

}  // namespace gatehouse::web
