// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/input.h"

#include "gatehouse/base/json_writer.h"

namespace gatehouse::mcp {

std::string_view method_of(InputKind kind) {
  switch (kind) {
    case InputKind::elicitation:
    case InputKind::elicitation_url:
      return "elicitation/create";
    case InputKind::sampling:
      return "sampling/createMessage";
    case InputKind::roots:
      return "roots/list";
  }
  return {};
}

bool can_give(const ClientCapabilities& client, InputKind kind) {
  switch (kind) {
    case InputKind::elicitation:
      return client.elicitation;
    case InputKind::elicitation_url:
      return client.elicitation_url;
    case InputKind::sampling:
      return client.sampling;
    case InputKind::roots:
      return client.roots;
  }
  return false;
}

std::string capability_json(InputKind kind) {
  switch (kind) {
    case InputKind::elicitation:
      return R"({"elicitation":{"form":{}}})";
    case InputKind::elicitation_url:
      return R"({"elicitation":{"url":{}}})";
    case InputKind::sampling:
      return R"({"sampling":{}})";
    case InputKind::roots:
      return R"({"roots":{}})";
  }
  return "{}";
}

void write_input_requests(std::string& out, const std::vector<InputRequest>& requests) {
  base::JsonWriter json(out);
  json.begin_object();
  for (const InputRequest& request : requests) {
    json.key(request.key).begin_object().member("method", method_of(request.kind));
    json.key("params").raw(request.params).end_object();
  }
  json.end_object();
}

std::string form_params(std::string_view message, std::string_view schema) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("message", message);
  json.key("requestedSchema").raw(schema).end_object();
  return text;
}

std::string url_params(std::string_view message, std::string_view url) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("mode", "url").member("message", message).member("url", url);
  json.end_object();
  return text;
}

std::optional<Elicited> read_elicited(const base::JsonValue& answer) {
  const auto action = answer.find_string("action");
  Elicited elicited;
  if (action == "accept") {
    elicited.action = Elicited::Action::accept;
  } else if (action == "decline") {
    elicited.action = Elicited::Action::decline;
  } else if (action != "cancel") {
    return std::nullopt;
  }
  const auto content = answer.find("content");
  if (content && !content->is_object() && !content->is_null()) return std::nullopt;
  if (content) elicited.content = *content;
  return elicited;
}

}  // namespace gatehouse::mcp
