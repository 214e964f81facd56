// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/base/result.h"
#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

// One message as it came. Values belong to the document it was read from.
struct Message {
  enum class Kind { request, notification, response, malformed };
  Kind kind = Kind::malformed;
  base::JsonValue id;       // of a request: string or integer; of a malformed one too, if legible
  std::string_view method;  // of a request or notification
  base::JsonValue params;   // an object, or null when absent
  base::JsonValue result;   // of a response that is no error
  base::JsonValue whole;

  // Strings are only ever read from objects: a blank value finds nothing.
  base::JsonValue meta() const;  // params._meta, or null
};

// Judges the envelope alone. Names are exact; members that JSON-RPC does not define are ignored. An
// id that is null, a fraction or no scalar makes the message malformed, as do params that are no
// object.
Message read_message(const base::JsonValue& value);

struct RpcError {
  RpcError() : RpcError(RpcCode::internal, "Internal error") {}
  RpcError(RpcCode error_code, std::string text) : code(error_code), message(std::move(text)) {}
  RpcError(RpcCode error_code, std::string text, std::string json)
      : code(error_code), message(std::move(text)), data(std::move(json)) {}
  RpcCode code;
  std::string message;  // for the client's developer; nothing secret
  std::string data;     // JSON, or empty
};

// The id as JSON text of the same type; "null" for a blank value.
std::string id_text(const base::JsonValue& id);

// Whole messages. `id_json`, `result` and `params` are JSON text.
std::string result_message(std::string_view id_json, std::string_view result);
std::string error_message(std::string_view id_json, const RpcError& error);
std::string notification_message(std::string_view method, std::string_view params);
std::string request_message(std::string_view id_json, std::string_view method,
                            std::string_view params);

// The JSON of the error alone.
std::string error_json(const RpcError& error);

}  // namespace gatehouse::mcp
