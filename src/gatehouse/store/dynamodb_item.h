// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/base/result.h"
#include "gatehouse/store/record_store.h"

namespace gatehouse::store {

// How DynamoDB writes values: every one is an object whose only member names the type.

void append_dynamodb_text(base::JsonWriter& json, std::string_view text);  // {"S":"text"}
void append_dynamodb_number(base::JsonWriter& json, std::int64_t number);  // {"N":"7"}
void append_dynamodb_key(base::JsonWriter& json, std::string_view key);    // {"sessionId":...}
void append_dynamodb_item(base::JsonWriter& json, const Record& record);   // all attributes

// The key in {"sessionId":{"S":"..."}}; Errc::internal for anything else.
base::Result<std::string_view> read_dynamodb_key(const base::JsonValue& key);

// Errc::internal for an item that no store of ours can have written: a field missing, a type other
// than S and N, a number beyond 64 bits, bounds of record_rules.h exceeded. The detail names the
// field at most, never content.
base::Result<RecordPtr> read_dynamodb_item(const base::JsonValue& item);

}  // namespace gatehouse::store
