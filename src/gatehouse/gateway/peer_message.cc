// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/peer_message.h"

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::gateway {
namespace {

void write_letter(base::JsonWriter& json, const mcp::StreamLetter& letter) {
  json.key("letter").begin_object().key("messages").begin_array();
  for (const std::string& message : letter.messages) json.value(message);
  json.end_array().member("settles", letter.settles);
  if (letter.negotiated) json.member("negotiated", mcp::name_of(*letter.negotiated));
  json.end_object();
}

std::optional<mcp::StreamLetter> read_letter(const base::JsonValue& value) {
  const auto messages = value.find("messages");
  if (!messages || !messages->is_array()) return std::nullopt;
  mcp::StreamLetter letter;
  for (const base::JsonValue& message : messages->elements()) {
    if (!message.is_string()) return std::nullopt;
    letter.messages.emplace_back(*message.as_string());
  }
  letter.settles = value.find_bool("settles").value_or(false);
  letter.negotiated = mcp::revision_named(value.find_string("negotiated").value_or(""));
  return letter;
}

}  // namespace

std::string peer_request_text(const PeerRequest& request) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("principal", request.principal).member("key", request.key);
  json.member("owes", request.owes);
  if (request.letter) write_letter(json, *request.letter);
  json.end_object();
  return text;
}

std::optional<PeerRequest> read_peer_request(std::string_view text) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  const auto principal = root.find_string("principal");
  const auto key = root.find_string("key");
  if (!principal || !key) return std::nullopt;
  PeerRequest request;
  request.principal = std::string(*principal);
  request.key = std::string(*key);
  request.owes = root.find_bool("owes").value_or(false);
  const auto letter = root.find("letter");
  if (!letter) return request;
  request.letter = read_letter(*letter);
  if (!request.letter) return std::nullopt;
  return request;
}

std::string peer_answer_text(const std::optional<mcp::Revision>& revision) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  if (revision) json.member("revision", mcp::name_of(*revision));
  json.end_object();
  return text;
}

base::Result<mcp::Revision> read_peer_answer(std::string_view text) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(text);
  if (!document) return base::Error{base::Errc::unavailable, "the replica's answer is no JSON"};
  const auto name = document->root().find_string("revision");
  if (!name) return base::Error{base::Errc::not_found, "the replica has no such stream"};
  const std::optional<mcp::Revision> revision = mcp::revision_named(*name);
  if (revision) return *revision;
  return base::Error{base::Errc::unavailable, "the replica names a revision unknown here"};
}

}  // namespace gatehouse::gateway
