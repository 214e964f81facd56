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
  bool owes = false;                        // of a probe
  std::optional<mcp::StreamLetter> letter;  // without one it is a probe
};

std::string peer_request_text(const PeerRequest& request);
std::optional<PeerRequest> read_peer_request(std::string_view text);

// The revision of the stream, nothing when there is no such stream.
std::string peer_answer_text(const std::optional<mcp::Revision>& revision);
// Errc::not_found: no such stream. Errc::unavailable: not legible.
base::Result<mcp::Revision> read_peer_answer(std::string_view text);

}  // namespace gatehouse::gateway
