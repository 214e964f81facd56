// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// In attribute values a name needs its ';', because addresses hold things like "&copy=1".
enum class EntityPlace { text, attribute };

// HTML character references resolved: numbers, and the names of HTML 4. Unknown ones stay as they
// are.
std::string decode_entities(std::string_view html, EntityPlace place = EntityPlace::text);

}  // namespace gatehouse::workspace::gmail
