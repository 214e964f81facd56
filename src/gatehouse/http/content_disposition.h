// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::http {

// The value of a Content-Disposition that has a file saved under this name (RFC 6266): in ASCII for
// old readers, with '_' for what is not, and as RFC 8187 says where that is not the whole name.
// `file_name` is UTF-8; controls and broken sequences of it are dropped.
std::string attachment_disposition(std::string_view file_name);

}  // namespace gatehouse::http
