// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/consent.h"

#include <chrono>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/workspace/answer.h"

namespace gatehouse::workspace {

namespace {

constexpr std::chrono::seconds kLifetime{600};
constexpr std::size_t kConfirmMax = 4'000;

std::string purpose_of(const ConsentWords& words) { return std::string(words.tool) + " confirm"; }

std::string state_of(const std::string& digest, const std::string& memory) {
  return memory.empty() ? digest : digest + " " + memory;
}

// What the state remembers, when it is about `digest`.
std::optional<std::string> memory_in(std::string_view state, std::string_view digest) {
  if (state == digest) return "";
  if (!state.starts_with(digest) || state[digest.size()] != ' ') return std::nullopt;
  return std::string(state.substr(digest.size() + 1));
}

mcp::ToolResult ask_by_form(const ConsentWords& words, const std::string& text, std::string state) {
  std::string schema;
  base::JsonWriter json(schema);
  json.begin_object().member("type", "object").key("properties").begin_object();
  json.key(words.key).begin_object().member("type", "boolean").member("title", words.title);
  json.end_object().end_object();
  json.key("required").begin_array().value(words.key).end_array().end_object();
  mcp::InputRequest form;
  form.key = std::string(words.key);
  form.params = mcp::form_params(text, schema);
  mcp::InputRequired input;
  input.requests.push_back(std::move(form));
  input.state = std::move(state);
  return mcp::tool_needs(std::move(input));
}

mcp::ToolResult ask_by_code(const ConsentWords& words, const std::string& fenced,
                            const std::string& code) {
  constexpr std::string_view kFix =
      "Show this to the user. Only if they agree, call again within ten minutes with the same "
      "arguments and this confirm.";
  const std::string message = std::string(words.nothing_done) + "\n" + fenced;
  mcp::ToolResult result;
  result.is_error = true;
  base::JsonWriter json(result.structured);
  json.begin_object().member("code", "blocked_by_policy").member("message", message);
  json.member("fix", kFix).member("confirm", code).end_object();
  result.text =
      "blocked_by_policy: " + message + "\nfix: " + std::string(kFix) + "\nconfirm: " + code;
  return result;
}

Consent withheld(std::string_view message, std::string_view fix) {
  Consent consent;
  consent.answer = refused("blocked_by_policy", std::string(message), fix);
  return consent;
}

bool agreed(const base::JsonValue& answer, std::string_view key) {
  const auto elicited = mcp::read_elicited(answer);
  return elicited && elicited->action == mcp::Elicited::Action::accept &&
         elicited->content.find_bool(key).value_or(false);
}

Consent given(std::string memory) {
  Consent consent;
  consent.is_given = true;
  consent.memory = std::move(memory);
  return consent;
}

Consent redeem(mcp::ToolCall& call, const ConsentWords& words, const std::string& digest,
               const std::string& confirm) {
  if (confirm.size() <= kConfirmMax) {
    const auto state = call.sealer.open(purpose_of(words), call.caller.principal, confirm);
    if (state) {
      auto memory = memory_in(*state, digest);
      if (memory) return given(std::move(*memory));
    }
  }
  return withheld(words.stale,
                  "Call again without confirm, show the user what it answers, and ask them.");
}

}  // namespace

Consent find_consent(mcp::ToolCall& call, const ConsentWords& words, const std::string& digest,
                     const std::string& confirm) {
  if (!confirm.empty()) return redeem(call, words, digest, confirm);
  if (!call.client.elicitation) return {};
  // The state is ours alone: an answer without it is to no question of ours.
  const auto answer = call.input(words.key);
  auto memory = memory_in(call.state, digest);
  if (!answer || !memory) return {};
  if (agreed(*answer, words.key)) return given(std::move(*memory));
  Consent refused = withheld(words.refused, "Do not try again unless the user asks for it.");
  refused.is_refused = true;
  return refused;
}

mcp::ToolResult ask_consent(Services& services, mcp::ToolCall& call, const ConsentWords& words,
                            const std::string& text, const std::string& digest,
                            const std::string& memory) {
  const std::string state = state_of(digest, memory);
  if (call.client.elicitation) return ask_by_form(words, text, state);
  const std::string code =
      call.sealer.seal(purpose_of(words), call.caller.principal, state, kLifetime);
  // A part of it was written by strangers.
  const Fence fence(services.random);
  return ask_by_code(words, fence.around(words.origin, text), code);
}

std::string digest_of_parts(const std::vector<std::string>& parts) {
  // A length before each, so that no two lists look alike.
  std::string text;
  for (const std::string& part : parts) text += std::to_string(part.size()) + ":" + part;
  const crypto::Sha256 digest = crypto::sha256(text);
  return base::base64url_encode(crypto::view(digest)).substr(0, 22);
}

}  // namespace gatehouse::workspace
