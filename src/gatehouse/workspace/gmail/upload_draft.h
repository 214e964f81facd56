// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// A file that somebody brings. What it points to outlives its being stored.
struct BroughtFile {
  std::string name;  // of clean_file_name()
  std::string mime;  // empty: by the name
  std::string_view bytes;
};

struct UploadDraft {
  std::string draft_id;
  std::string message_id;
  std::string part_id;
  std::string sha256;  // of the bytes, hexadecimal
};

// Stores it as the attachment of a draft that says what it is and that it may be deleted. Not to be
// repeated: outcome_unknown when the draft may be there.
google::ApiTask<UploadDraft> store_upload(Services& services, google::TokenSource& tokens,
                                          const BroughtFile& file);

// RFC 6838 section 4.2, and none that readers would open in place as mail.
bool is_upload_type(std::string_view mime);
// By the ending of a name; application/octet-stream for those that are not known.
std::string_view type_for_name(std::string_view name);

}  // namespace gatehouse::workspace::gmail
