// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/peer_relay.h"

#include <chrono>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kProbeLimit = 2s;  // the client waits for its 202
constexpr auto kDeliveryLimit = 15s;
constexpr std::size_t kAnswerBytesMax = 4 * 1024;

base::Error refused(const http::ClientResponse& response) {
  const std::string status = std::to_string(response.status);
  if (response.status == 403) {
    return {base::Errc::unavailable,
            "the replica refused our message (" + status +
                "). Do all replicas share one key, do their clocks agree, and is "
                "GATEHOUSE_PEER_ADDRESS of each its own?"};
  }
  return {base::Errc::unavailable, "the replica answered " + status};
}

}  // namespace

base::Task<mcp::Negotiated> PeerRelay::probe(const mcp::StreamName& stream, bool owes) {
  PeerRequest question;
  question.principal = stream.principal;
  question.key = stream.key;
  if (owes) question.asker = own_address_;
  auto answer = co_await ask(stream.address, question, kProbeLimit);
  if (!answer) co_return answer.error();
  if (answer->negotiated) co_return *answer->negotiated;
  co_return base::Error{base::Errc::unavailable, "the replica names no revision known here"};
}

// A letter that certainly did not arrive goes out once more.
base::Task<void> PeerRelay::deliver(const mcp::StreamName& stream,
                                    const mcp::StreamLetter& letter) {
  PeerRequest question;
  question.principal = stream.principal;
  question.key = stream.key;
  question.letter = letter;
  auto answer = co_await ask(stream.address, question, kDeliveryLimit);
  if (answer) co_return base::Result<void>();
  if (answer.error().code != base::Errc::unavailable) co_return answer.error();
  auto second = co_await ask(stream.address, question, kDeliveryLimit);
  if (!second) co_return second.error();
  co_return base::Result<void>();
}

base::Task<PeerAnswer> PeerRelay::ask(const std::string& address, const PeerRequest& question,
                                      std::chrono::milliseconds limit) {
  const std::string sealed = seal_.seal(kPeerRequest, address, peer_request_text(question));
  if (sealed.empty()) {
    co_return base::Error{base::Errc::invalid_argument, "the message is too large to relay"};
  }
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = "http://" + address + kPeerPath;
  request.headers.push_back({"Content-Type", "application/octet-stream"});
  request.body = base::Secret::copy_of(sealed);
  request.timeout = limit;
  request.body_bytes_max = kAnswerBytesMax;
  request.send_once = true;  // the same bytes are accepted once
  auto response = co_await client_.send(request);
  if (!response) co_return response.error();
  if (response->status != 200) co_return refused(*response);
  const base::Result<vault::PeerSeal::Opened> opened =
      seal_.open(kPeerAnswer, vault::PeerSeal::mark_of(sealed), response->body.reveal());
  if (!opened) co_return base::Error{base::Errc::unavailable, opened.error().detail};
  co_return read_peer_answer(opened->message.reveal());
}

}  // namespace gatehouse::gateway
