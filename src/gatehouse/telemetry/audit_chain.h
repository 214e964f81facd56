// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::telemetry {

// SHA-256 in hexadecimal digits; handed in, because cryptography lives elsewhere.
using AuditDigest = std::function<std::string(std::string_view)>;

// Events that begin and end a chain. Within it every line has a number (`seq`, from 0), the chain's
// name, and the digest of the line before it (`prev`; empty in the first), each line as it was
// written and without its line feed. A line that is altered, left out or moved breaks the chain
// behind it.
inline constexpr std::string_view kAuditStart = "audit_start";
inline constexpr std::string_view kAuditEnd = "audit_end";

// The last line so far. Who keeps it elsewhere can tell later whether the log was written anew.
struct AuditHead {
  std::string chain;
  std::uint64_t seq = 0;
  std::string digest;
};

// One process's chain. Not for several threads.
class AuditChain {
 public:
  // `id`: random, so that chains of several processes can lie in one log.
  AuditChain(std::string id, AuditDigest digest)
      : digest_(std::move(digest)), head_{std::move(id), 0, {}} {}

  // `line` is a JSON object with members; it gets those of the chain.
  void seal(std::string& line);

  const AuditHead& head() const { return head_; }

 private:
  const AuditDigest digest_;
  AuditHead head_;
  std::uint64_t next_ = 0;
};

}  // namespace gatehouse::telemetry
