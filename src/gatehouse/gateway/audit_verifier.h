// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::gateway {

// A line that somebody wrote down when it was the last of its chain.
struct NotedHead {
  std::string chain;
  std::uint64_t seq = 0;
  std::string digest;
};

// "CHAIN:SEQ:SHA256", as `audit verify` prints it.
std::optional<NotedHead> parse_noted_head(std::string_view text);

// Reads a log line by line and judges every audit chain in it. Other lines may lie between, and
// chains of several processes may interleave.
class AuditVerifier {
 public:
  enum class Ends { needed, not_needed };

  explicit AuditVerifier(std::vector<NotedHead> noted = {}) : noted_(std::move(noted)) {}

  // Text before the first brace is skipped: log tools put times there.
  void read(std::string_view line);

  struct Verdict {
    bool sound = true;
    std::string report;  // a line per chain, and one per thing that is wrong
  };
  Verdict judge(Ends ends) const;

 private:
  struct Chain {
    std::uint64_t lines = 0;
    std::uint64_t next = 0;
    std::string digest;  // of the last line
    std::string begun;
    std::string last;
    bool ended = false;
    std::string fault;         // the first one
    std::uint64_t faults = 0;  // of all lines
  };

  void take(const base::JsonValue& event, std::string_view text);
  std::string fault_of(const Chain& chain, std::uint64_t seq, std::string_view prev,
                       std::string_view event) const;
  void compare_with_noted(const std::string& name, std::uint64_t seq, const std::string& digest);

  std::vector<NotedHead> noted_;
  std::vector<NotedHead> seen_;  // of `noted_`, whatever their digests
  std::map<std::string, Chain> chains_;
  std::uint64_t lines_ = 0;
  bool too_many_ = false;
};

}  // namespace gatehouse::gateway
