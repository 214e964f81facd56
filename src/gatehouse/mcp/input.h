// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/mcp/client_capabilities.h"

namespace gatehouse::mcp {

// Something that only the client or its user can give.
enum class InputKind { elicitation, elicitation_url, sampling, roots };

struct InputRequest {
  std::string key;  // names the answer; unique in the call
  InputKind kind = InputKind::elicitation;
  std::string params = "{}";  // of the request, a JSON object as the specification has it
};

// What a handler answers when it cannot go on without the client. It is run again with the answers:
// revisions before 2026-07-28 are asked on the call's own stream, the stateless one answers
// `input_required` and the client repeats its request (multi round-trip requests).
struct InputRequired {
  std::vector<InputRequest> requests;
  std::string state;  // what the handler wants back with the answers, UTF-8; travels sealed, bound
                      // to the caller and to this very request
};

// Bytes of a state; the call of a handler that wants to keep more ends. As JSON and sealed it stays
// within what clients are ready to carry.
inline constexpr std::size_t kInputStateBytesMax = 6'000;

// Rounds one call may take.
inline constexpr int kInputRoundsMax = 8;

std::string_view method_of(InputKind kind);
bool can_give(const ClientCapabilities& client, InputKind kind);
// A ClientCapabilities object with what `kind` needs.
std::string capability_json(InputKind kind);

// An `inputRequests` object of the stateless revision.
void write_input_requests(std::string& out, const std::vector<InputRequest>& requests);

// The params of `elicitation/create` by form; `schema` is a JSON object schema of primitive
// members.
std::string form_params(std::string_view message, std::string_view schema);
// The same by URL, which must not authenticate anybody by itself.
std::string url_params(std::string_view message, std::string_view url);

// What a user did with a form or URL. nullopt when `answer` is no answer to an elicitation.
struct Elicited {
  enum class Action { accept, decline, cancel };
  Action action = Action::cancel;
  base::JsonValue content;  // an object, or null
};
std::optional<Elicited> read_elicited(const base::JsonValue& answer);

}  // namespace gatehouse::mcp
