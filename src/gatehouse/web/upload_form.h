// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::web {

// A posted form with a file, as browsers send it (RFC 7578). Everything points into the request.
struct UploadForm {
  std::string_view form;       // the field of that name: our seal
  std::string_view file_name;  // as the browser gave it, escapes and all
  std::string_view mime;       // empty when none was given
  std::string_view bytes;
};

// nullopt when it is no such form, holds more than a few fields, or one of them twice, or no file.
std::optional<UploadForm> upload_form(const http::Request& request);
// The same of its Content-Type and its body.
std::optional<UploadForm> upload_form(std::string_view content_type, std::string_view body);

}  // namespace gatehouse::web
