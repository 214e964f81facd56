// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/json_rpc.h"

#include <array>
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

using Member = std::optional<base::JsonValue>;

Message read_call(std::string_view method, const Member& id, const Member& params) {
  Message message;
  if (id && !is_legal_id(*id)) return message;
  if (id) message.id = *id;
  if (params && !params->is_object()) return message;
  message.kind = id ? Message::Kind::request : Message::Kind::notification;
  message.method = method;
  if (params) message.params = *params;
  return message;
}

Message read_response(const Member& id, const Member& result, const Member& error) {
  Message message;
  if (result.has_value() == error.has_value()) return message;
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
  constexpr std::array<std::string_view, 6> kNames = {"jsonrpc", "method", "id",
                                                      "params",  "result", "error"};
  const auto [version, method, id, params, result, error] = value.find_each(kNames);
  if (!version || version->as_string() != "2.0") return {};
  Message message;
  if (!method) message = read_response(id, result, error);
  if (method && method->is_string()) message = read_call(*method->as_string(), id, params);
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
