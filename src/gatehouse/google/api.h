// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gatehouse::google {

enum class Api { gmail, calendar, drive, docs, sheets, slides, people, tasks };

inline constexpr std::size_t kApiCount = 8;

// As in the ids of Google's methods: "gmail".
std::string_view name_of(Api api);
std::optional<Api> parse_api(std::string_view name);

// Where it is reached, "https://gmail.googleapis.com".
std::string_view root_of(Api api);

}  // namespace gatehouse::google
