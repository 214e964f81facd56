// SPDX-License-Identifier: Apache-2.0
//
// The envelope of a message: what is taken for a request has an id that comes back unchanged in
// its answer, and what we write is a message again.
#include "fuzzing.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/session.h"

namespace gatehouse::fuzzing {
namespace {

using base::JsonDocument;
using mcp::Message;
using Kind = Message::Kind;

bool is_id(const base::JsonValue& value) {
  return value.is_string() || value.kind() == base::JsonKind::integer;
}

void check_answer(const std::string& text, const std::string& id) {
  base::JsonLimits limits;
  limits.depth_max = 80;  // our envelope around what was as deep as allowed
  const auto document = JsonDocument::parse(text, limits);
  assert(document);
  const Message answer = mcp::read_message(document->root());
  assert(answer.kind == Kind::response);
  assert(mcp::id_text(answer.id) == id);
}

void check_request(const Message& message) {
  assert(is_id(message.id));
  const std::string id = mcp::id_text(message.id);
  check_answer(mcp::result_message(id, message.params.to_text()), id);
  check_answer(
      mcp::error_message(id, mcp::RpcError(mcp::RpcCode::invalid_params,
                                           std::string(message.method), message.meta().to_text())),
      id);
}

void check_message(const Message& message) {
  assert(message.params.is_null() || message.params.is_object());
  (void)mcp::read_client_capabilities(message.params);
  (void)message.meta().find("progressToken");
  switch (message.kind) {
    case Kind::request:
      return check_request(message);
    case Kind::notification: {
      assert(message.id.is_null());
      const std::string text = mcp::notification_message(message.method, message.params.to_text());
      const auto document = JsonDocument::parse(text, {80, true});
      assert(document);
      // A notification of ours always has params; null is none.
      if (message.params.is_object()) {
        assert(mcp::read_message(document->root()).kind == Kind::notification);
      }
      return;
    }
    case Kind::response:
      assert(message.method.empty() && message.params.is_null());
      return;
    case Kind::malformed:
      // Only an id that could be read is repeated in the refusal.
      assert(message.id.is_null() || is_id(message.id));
      return;
  }
}

}  // namespace

void run(std::string_view input) {
  const auto document = JsonDocument::parse(input);
  if (!document) return;
  const base::JsonValue root = document->root();
  check_message(mcp::read_message(root));
  for (const base::JsonValue& element : root.elements()) check_message(mcp::read_message(element));
}

}  // namespace gatehouse::fuzzing
