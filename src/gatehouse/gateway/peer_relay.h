// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/gateway/peer_message.h"
#include "gatehouse/http/client.h"
#include "gatehouse/mcp/stream_relay.h"
#include "gatehouse/vault/peer_seal.h"

namespace gatehouse::gateway {

// Reaches streams that other replicas hold, over plain http with sealed messages. Without an
// address of its own it reaches nobody.
class PeerRelay final : public mcp::StreamRelay {
 public:
  PeerRelay(http::Client& client, vault::PeerSeal& seal) : client_(client), seal_(seal) {}

  // Once, before the first stream is opened.
  void set_own_address(std::string address) { own_address_ = std::move(address); }

  const std::string& own_address() const override { return own_address_; }
  base::Task<mcp::Negotiated> probe(const mcp::StreamName& stream, bool owes) override;
  base::Task<void> deliver(const mcp::StreamName& stream, const mcp::StreamLetter& letter) override;

 private:
  base::Task<PeerAnswer> ask(const std::string& address, const PeerRequest& question,
                             std::chrono::milliseconds limit);

  http::Client& client_;
  vault::PeerSeal& seal_;
  std::string own_address_;
};

}  // namespace gatehouse::gateway
