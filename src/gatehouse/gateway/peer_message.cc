// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/peer_message.h"

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::gateway {
namespace {

void write_negotiated(base::JsonWriter& json, const mcp::Negotiated& negotiated) {
  json.key("negotiated").begin_object().member("revision", mcp::name_of(negotiated.revision));
  mcp::write_capability_members(json, negotiated.capabilities);
  json.end_object();
}

std::optional<mcp::Negotiated> read_negotiated(const base::JsonValue& value) {
  const auto object = value.find("negotiated");
  if (!object) return std::nullopt;
  const auto revision = mcp::revision_named(object->find_string("revision").value_or(""));
  if (!revision) return std::nullopt;
  return mcp::Negotiated{*revision, mcp::read_capability_members(*object)};
}

void write_letter(base::JsonWriter& json, const mcp::StreamLetter& letter) {
  json.key("letter").begin_object().key("messages").begin_array();
  for (const std::string& message : letter.messages) json.value(message);
  json.end_array().member("settles", letter.settles);
  if (!letter.cancelled.empty()) json.member("cancelled", letter.cancelled);
  if (!letter.reply.empty()) json.member("reply", letter.reply);
  if (letter.negotiated) write_negotiated(json, *letter.negotiated);
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
  letter.cancelled = std::string(value.find_string("cancelled").value_or(""));
  letter.reply = std::string(value.find_string("reply").value_or(""));
  letter.negotiated = read_negotiated(value);
  return letter;
}

}  // namespace

std::string peer_request_text(const PeerRequest& request) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("principal", request.principal).member("key", request.key);
  json.member("asker", request.asker);
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
  request.asker = std::string(root.find_string("asker").value_or(""));
  const auto letter = root.find("letter");
  if (!letter) return request;
  request.letter = read_letter(*letter);
  if (!request.letter) return std::nullopt;
  return request;
}

std::string peer_answer_text(const PeerAnswer& answer) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("known", answer.known);
  if (answer.negotiated) write_negotiated(json, *answer.negotiated);
  json.end_object();
  return text;
}

base::Result<PeerAnswer> read_peer_answer(std::string_view text) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(text);
  if (!document) return base::Error{base::Errc::unavailable, "the replica's answer is no JSON"};
  PeerAnswer answer;
  answer.known = document->root().find_bool("known").value_or(false);
  if (!answer.known) return base::Error{base::Errc::not_found, "the replica has no such stream"};
  answer.negotiated = read_negotiated(document->root());
  return answer;
}

}  // namespace gatehouse::gateway
