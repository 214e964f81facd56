// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/client_capabilities.h"
#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

// A stream of the HTTP+SSE transport, wherever it is.
struct StreamName {
  std::string address;  // of the replica that holds it; empty when others cannot reach that one
  std::string principal;
  std::string key;
};

// What `initialize` settled on.
struct Negotiated {
  Revision revision = Revision::r2024_11_05;
  ClientCapabilities capabilities = {};

  bool operator==(const Negotiated&) const = default;
};

// What replicas tell each other about a stream: the one that ran a call sends its messages to the
// holder; a cancellation goes to the holder and from there to those that run calls.
struct StreamLetter {
  std::vector<std::string> messages;
  std::optional<Negotiated> negotiated;  // by an `initialize` that is answered here
  bool settles = false;                  // nothing more will come of that POST
  std::string cancelled;  // id, as JSON text, of a call not wanted any more; or empty
  std::string reply;  // a client's response, JSON, to a request of the replica written to; or empty
};

// The way to streams that other replicas hold. Requests are authenticated and calls are run where a
// POST arrives; only finished messages travel.
class StreamRelay {
 public:
  virtual ~StreamRelay() = default;

  // Where other replicas reach this one; empty when they cannot.
  virtual const std::string& own_address() const = 0;

  // What the stream's client negotiated. With `owes`, a letter that settles follows,
  // and cancellations are to be sent here.
  // Errc::not_found: its holder has no such stream of that principal. Any other error: the holder
  // could not be asked.
  virtual base::Task<Negotiated> probe(const StreamName& stream, bool owes) = 0;
  // To the replica at `stream.address`. The same errors.
  virtual base::Task<void> deliver(const StreamName& stream, const StreamLetter& letter) = 0;
};

// For a server that has no other replicas.
class NoReplicas final : public StreamRelay {
 public:
  const std::string& own_address() const override { return own_address_; }
  base::Task<Negotiated> probe(const StreamName& stream, bool owes) override;
  base::Task<void> deliver(const StreamName& stream, const StreamLetter& letter) override;

 private:
  const std::string own_address_;
};

}  // namespace gatehouse::mcp
