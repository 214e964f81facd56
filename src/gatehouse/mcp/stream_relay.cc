// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/stream_relay.h"

namespace gatehouse::mcp {

base::Task<Negotiated> NoReplicas::probe(const StreamName&, bool) {
  co_return base::Error{base::Errc::unavailable, "there are no other replicas"};
}

base::Task<void> NoReplicas::deliver(const StreamName&, const StreamLetter&) {
  co_return base::Error{base::Errc::unavailable, "there are no other replicas"};
}

}  // namespace gatehouse::mcp
