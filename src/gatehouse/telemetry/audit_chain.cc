// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/audit_chain.h"

#include <cassert>

namespace gatehouse::telemetry {

void AuditChain::seal(std::string& line) {
  assert(line.ends_with('}') && line.size() > 2);
  line.pop_back();
  line.append(R"(,"chain":")").append(head_.chain);
  line.append(R"(","seq":)").append(std::to_string(next_));
  line.append(R"(,"prev":")").append(head_.digest).append("\"}");
  head_.seq = next_++;
  head_.digest = digest_(line);
}

}  // namespace gatehouse::telemetry
