// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/gateway/audit_verifier.h"

namespace gatehouse::gateway {

// Judges the audit chains in a log (`path` empty: standard input) and prints what it found. Exit
// code 0 when all are sound, else 1.
int verify_audit(const std::string& path, const std::vector<std::string>& noted_heads,
                 AuditVerifier::Ends ends);

}  // namespace gatehouse::gateway
