// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

// What every implementation refuses with Errc::invalid_argument before it touches its database. The
// bounds lie inside DynamoDB's, so that a record which one store takes, all take.

inline constexpr std::size_t kKeyBytesMax = 256;
inline constexpr std::size_t kRecordBytesMax = 300 * 1024;
inline constexpr std::size_t kAttributesMax = 64;
inline constexpr std::size_t kKeysPerReadMax = 16;
inline constexpr std::size_t kRowsPerListMax = 1000;

base::Result<void> check_key(std::string_view key);
base::Result<void> check_keys(const std::vector<std::string>& keys);  // of one get_each()
base::Result<void> check_record(const Record& record);
// Of one list(): `from` is empty or was a page's `next`, which is a key in every store of ours.
base::Result<void> check_listing(std::string_view prefix, std::string_view from,
                                 std::size_t rows_max);

// Names, texts and eight bytes for each number.
std::size_t size_of(const Record& record);

}  // namespace gatehouse::store
