// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/web/brand.h"

namespace gatehouse::gateway {

// A name that fits into a page's header: at most 60 characters, none of them hidden or turning.
bool is_brand_name(std::string_view text);

// One mail address, or an https URL without credentials.
bool is_contact(std::string_view text);

// Reads and judges the file. The error says what is wrong with it, to be read behind its name.
base::Result<web::Logo> read_logo(const std::string& path);

}  // namespace gatehouse::gateway
