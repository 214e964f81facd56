// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

// A stream of the HTTP+SSE transport, wherever it is.
struct StreamName {
  std::string address;  // of the replica that holds it; empty when others cannot reach that one
  std::string principal;
  std::string key;
};

// What the replica that ran a call sends to the one that holds the stream.
struct StreamLetter {
  std::vector<std::string> messages;
  std::optional<Revision> negotiated;  // by an `initialize` that is answered here
  bool settles = false;                // nothing more will come of that POST
};

// The way to streams that other replicas hold. Requests are authenticated and calls are run where a
// POST arrives; only finished messages travel.
class StreamRelay {
 public:
  virtual ~StreamRelay() = default;

  // Where other replicas reach this one; empty when they cannot.
  virtual const std::string& own_address() const = 0;

  // The revision that the stream's client negotiated. With `owes`, a letter that settles follows.
  // Errc::not_found: its holder has no such stream of that principal. Any other error: the holder
  // could not be asked.
  virtual base::Task<Revision> probe(const StreamName& stream, bool owes) = 0;
  // The same errors.
  virtual base::Task<void> deliver(const StreamName& stream, const StreamLetter& letter) = 0;
};

}  // namespace gatehouse::mcp
