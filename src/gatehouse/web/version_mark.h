// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::web {

// Sixteen hex digits that change with the content: behind an address, they let a browser keep what
// it has and fetch what is other. Proves nothing.
std::string version_mark(std::string_view content);

// "/style.css?v=" and the mark.
std::string marked_address(std::string_view path, std::string_view mark);

// For the content whose mark is `mark`: for good when it was asked for by that mark. Another mark
// is of a replica with another version, so its answer must not last.
std::string cache_control_for(std::string_view query, std::string_view mark);

}  // namespace gatehouse::web
