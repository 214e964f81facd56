// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/json_rpc.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kOpening = R"({"jsonrpc":"2.0","id":)";

bool is_legal_id(const base::JsonValue& id) {
  return id.is_string() || id.kind() == base::JsonKind::integer;
}

Message read_call(const base::JsonValue& value, std::string_view method) {
  Message message;
  const std::optional<base::JsonValue> id = value.find("id");
  if (id && !is_legal_id(*id)) return message;
  if (id) message.id = *id;
  const std::optional<base::JsonValue> params = value.find("params");
  if (params && !params->is_object()) return message;
  message.kind = id ? Message::Kind::request : Message::Kind::notification;
  message.method = method;
  if (params) message.params = *params;
  return message;
}

Message read_response(const base::JsonValue& value) {
  Message message;
  const std::optional<base::JsonValue> id = value.find("id");
  const std::optional<base::JsonValue> result = value.find("result");
  const bool error = value.find("error").has_value();
  if (result.has_value() == error || value.find("method")) return message;
  if (result && !(id && is_legal_id(*id))) return message;
  message.kind = Message::Kind::response;
  if (result) message.result = *result;
  if (id) message.id = *id;
  return message;
}

}  // namespace

base::JsonValue Message::meta() const {
  const std::optional<base::JsonValue> meta = params.find("_meta");
  return meta ? *meta : base::JsonValue();
}

Message read_message(const base::JsonValue& value) {
  if (!value.is_object() || value.find_string("jsonrpc") != "2.0") return {};
  const std::optional<std::string_view> method = value.find_string("method");
  Message message = method ? read_call(value, *method) : read_response(value);
  message.whole = value;
  return message;
}

std::string id_text(const base::JsonValue& id) { return id.to_text(); }

std::string result_message(std::string_view id_json, std::string_view result) {
  constexpr std::string_view kMiddle = R"(,"result":)";
  std::string text;
  text.reserve(kOpening.size() + id_json.size() + kMiddle.size() + result.size() + 1);
  text.append(kOpening).append(id_json).append(kMiddle).append(result).append("}");
  return text;
}

std::string error_json(const RpcError& error) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("code", static_cast<int>(error.code));
  json.member("message", error.message);
  if (!error.data.empty()) json.key("data").raw(error.data);
  json.end_object();
  return text;
}

std::string error_message(std::string_view id_json, const RpcError& error) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("jsonrpc", "2.0").key("id").raw(id_json);
  json.key("error").raw(error_json(error)).end_object();
  return text;
}

std::string notification_message(std::string_view method, std::string_view params) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("jsonrpc", "2.0").member("method", method);
  json.key("params").raw(params).end_object();
  return text;
}

std::string request_message(std::string_view id_json, std::string_view method,
                            std::string_view params) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("jsonrpc", "2.0").key("id").raw(id_json).member("method", method);
  json.key("params").raw(params).end_object();
  return text;
}

}  // namespace gatehouse::mcp
