// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/mcp/stream_relay.h"

// What replicas say to each other, as JSON under a vault::PeerSeal. Requests are POSTs to
// kPeerPath; an answer is sealed for the mark of its request.
namespace gatehouse::gateway {

inline constexpr const char* kPeerPath = "/streams";
inline constexpr std::string_view kPeerRequest = "stream-request";
inline constexpr std::string_view kPeerAnswer = "stream-answer";

struct PeerRequest {
  PeerRequest() {}
  std::string principal;
  std::string key;
  std::string asker;                        // of a probe: where answers will come from, or empty
  std::optional<mcp::StreamLetter> letter;  // without one it is a probe
};

std::string peer_request_text(const PeerRequest& request);
std::optional<PeerRequest> read_peer_request(std::string_view text);

// To a probe what its client negotiated; to a letter that it has been taken. Without either, there
// is no such stream.
struct PeerAnswer {
  bool known = false;
  std::optional<mcp::Negotiated> negotiated;
};

std::string peer_answer_text(const PeerAnswer& answer);
// Errc::not_found: no such stream. Errc::unavailable: not legible.
base::Result<PeerAnswer> read_peer_answer(std::string_view text);

}  // namespace gatehouse::gateway
