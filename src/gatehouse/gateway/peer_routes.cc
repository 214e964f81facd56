// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/peer_routes.h"

#include <utility>

namespace gatehouse::gateway {
namespace {

using telemetry::Field;

http::Response sealed_response(std::string sealed) {
  http::Response response;
  response.with("Content-Type", "application/octet-stream");
  response.body = std::move(sealed);
  return response;
}

}  // namespace

http::ServerLimits peer_server_limits() {
  http::ServerLimits limits;
  limits.body_bytes_max = vault::PeerSeal::kMessageBytesMax + vault::PeerSeal::kOverheadBytes;
  limits.buffers_bytes_max = 64 * 1024 * 1024;
  limits.connections_max = 1'000;
  return limits;
}

base::Coroutine<http::Response> PeerRoutes::handle(const http::Request& request) {
  co_return answer(request);
}

http::Response PeerRoutes::answer(const http::Request& request) {
  if (request.path != kPeerPath) return http::text_response(404, "Not found\n");
  if (request.method != http::Method::post) {
    http::Response response = http::text_response(405, "Method not allowed\n");
    return std::move(response.with("Allow", "POST"));
  }
  const base::Result<vault::PeerSeal::Opened> opened =
      seal_.open(kPeerRequest, relay_.own_address(), request.body);
  if (!opened) {
    log_.warn(
        "message of a replica refused",
        {{Field::detail, std::string_view(opened.error().detail)}, {Field::peer, request.peer}});
    const bool busy = opened.error().code == base::Errc::unavailable;
    return http::text_response(busy ? 503 : 403, "Refused\n");
  }
  const std::optional<PeerRequest> question = read_peer_request(opened->message.reveal());
  if (!question) return http::text_response(400, "Not legible to this version\n");
  return sealed_response(seal_.seal(kPeerAnswer, opened->mark, peer_answer_text(take(*question))));
}

PeerAnswer PeerRoutes::take(const PeerRequest& question) {
  PeerAnswer answer;
  if (question.letter) {
    const base::Result<void> taken =
        streams_.delivered(question.principal, question.key, *question.letter);
    answer.known = taken.has_value();
    return answer;
  }
  const base::Result<mcp::Negotiated> stream =
      streams_.probed(question.principal, question.key, question.asker);
  answer.known = stream.has_value();
  if (stream) answer.negotiated = *stream;
  return answer;
}

}  // namespace gatehouse::gateway
