// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"

namespace gatehouse::aws {

// "20261124T040000Z", as X-Amz-Date wants it.
std::string amz_date(base::SystemTime time);

// RFC 3339 with 'T', fraction dropped, any offset: "2026-11-24T04:00:00Z". Years 1970 to 9999.
std::optional<base::SystemTime> parse_timestamp(std::string_view text);

// IMF-fixdate (RFC 9110 section 5.6.7): "Tue, 24 Nov 2026 04:00:00 GMT".
std::optional<base::SystemTime> parse_http_date(std::string_view text);

}  // namespace gatehouse::aws
