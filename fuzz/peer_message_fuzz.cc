// SPDX-License-Identifier: Apache-2.0
//
// What replicas tell each other about streams, inside the seal.
#include "fuzzing.h"
#include "gatehouse/gateway/peer_message.h"

namespace gatehouse::fuzzing {
namespace {

void check_request(std::string_view input) {
  const auto request = gateway::read_peer_request(input);
  if (!request) return;
  assert(base::is_valid_utf8(request->principal) && base::is_valid_utf8(request->key));
  const std::string text = gateway::peer_request_text(*request);
  const auto again = gateway::read_peer_request(text);
  assert(again && gateway::peer_request_text(*again) == text);
  assert(again->principal == request->principal && again->key == request->key);
  assert(again->letter.has_value() == request->letter.has_value());
  if (!request->letter) return;
  assert(again->letter->messages == request->letter->messages);
  assert(again->letter->negotiated == request->letter->negotiated);
  assert(again->letter->reply == request->letter->reply);
}

void check_answer(std::string_view input) {
  const auto answer = gateway::read_peer_answer(input);
  if (!answer) return;
  assert(answer->known);
  const auto again = gateway::read_peer_answer(gateway::peer_answer_text(*answer));
  assert(again && again->negotiated == answer->negotiated);
}

}  // namespace

void run(std::string_view input) {
  check_request(input);
  check_answer(input);
}

}  // namespace gatehouse::fuzzing
