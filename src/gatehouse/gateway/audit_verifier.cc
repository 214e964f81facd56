// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/audit_verifier.h"

#include <algorithm>
#include <charconv>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t kChainsMax = 100'000;
constexpr std::size_t kDigestDigits = 64;

std::string digest_of(std::string_view line) {
  const crypto::Sha256 digest = crypto::sha256(line);
  return base::hex_encode(crypto::view(digest));
}

std::string lines_missing(std::uint64_t from, std::uint64_t to) {
  const std::string first = std::to_string(from);
  if (from + 1 == to) return "line " + first + " of the chain is missing";
  return "lines " + first + " to " + std::to_string(to - 1) + " of the chain are missing";
}

}  // namespace

std::optional<NotedHead> parse_noted_head(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == std::string_view::npos || first == last || first == 0) return std::nullopt;
  NotedHead head;
  head.chain = text.substr(0, first);
  head.digest = text.substr(last + 1);
  const std::string_view number = text.substr(first + 1, last - first - 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), head.seq);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  if (head.digest.size() != kDigestDigits) return std::nullopt;
  return head;
}

void AuditVerifier::read(std::string_view line) {
  ++lines_;
  const std::size_t brace = line.find('{');
  if (brace == std::string_view::npos) return;
  const std::string_view text = line.substr(brace);
  const auto document = base::JsonDocument::parse(text);
  if (!document || !document->root().is_object()) return;
  if (document->root().find_string("level") != "audit") return;
  take(document->root(), text);
}

void AuditVerifier::take(const base::JsonValue& event, std::string_view text) {
  const auto name = event.find_string("chain");
  const auto number = event.find_integer("seq");
  const auto prev = event.find_string("prev");
  if (!name || !number || *number < 0 || !prev) return;
  if (!chains_.contains(std::string(*name)) && chains_.size() >= kChainsMax) {
    too_many_ = true;
    return;
  }
  const std::string_view what = event.find_string("event").value_or("");
  const auto seq = static_cast<std::uint64_t>(*number);
  Chain& chain = chains_[std::string(*name)];
  const std::string fault = fault_of(chain, seq, *prev, what);
  if (!fault.empty()) {
    if (chain.fault.empty()) chain.fault = "input line " + std::to_string(lines_) + ": " + fault;
    ++chain.faults;
  }
  ++chain.lines;
  chain.last = event.find_string("time").value_or("");
  if (chain.lines == 1) chain.begun = chain.last;
  // What comes behind a fault is judged by where the chain stands now.
  chain.next = seq + 1;
  chain.digest = digest_of(text);
  chain.ended = what == telemetry::kAuditEnd;
  compare_with_noted(std::string(*name), seq, chain.digest);
}

std::string AuditVerifier::fault_of(const Chain& chain, std::uint64_t seq, std::string_view prev,
                                    std::string_view event) const {
  const std::string number = std::to_string(seq);
  if (chain.ended) return "line " + number + " stands behind the end of its chain";
  if (seq > chain.next) return lines_missing(chain.next, seq) + " before it";
  if (seq < chain.next)
    return "line " + number + " comes again or too late, after line " +
           std::to_string(chain.next - 1);
  if (prev != chain.digest)
    return "line " + number + " does not follow on line " +
           (seq == 0 ? "nothing" : std::to_string(seq - 1)) + " as it is here: one was altered";
  if (seq == 0 && event != telemetry::kAuditStart) return "the chain does not begin with its start";
  return {};
}

void AuditVerifier::compare_with_noted(const std::string& name, std::uint64_t seq,
                                       const std::string& digest) {
  for (const NotedHead& noted : noted_) {
    if (noted.chain == name && noted.seq == seq) seen_.push_back({name, seq, digest});
  }
}

AuditVerifier::Verdict AuditVerifier::judge(Ends ends) const {
  Verdict verdict;
  const auto complain = [&verdict](const std::string& text) {
    verdict.sound = false;
    verdict.report += text + "\n";
  };
  for (const auto& [name, chain] : chains_) {
    const std::string head = name + ":" + std::to_string(chain.next - 1) + ":" + chain.digest;
    const bool open = !chain.ended;
    const std::string extent = "chain " + name + ": " + std::to_string(chain.lines) +
                               " lines from " + chain.begun + " to " + chain.last;
    if (!chain.fault.empty()) {
      const std::string more =
          chain.faults > 1 ? ", and " + std::to_string(chain.faults - 1) + " more behind" : "";
      complain(extent + ", BROKEN: " + chain.fault + more);
    } else if (open && ends == Ends::needed) {
      complain(extent + ", NOT COMPLETE: it has no end. head " + head);
    } else {
      verdict.report += extent +
                        (open ? ", sound so far, without an end: the process runs, was killed, or "
                                "lines are missing behind. head "
                              : ", sound and complete. head ") +
                        head + "\n";
    }
  }
  for (const NotedHead& noted : noted_) {
    const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const NotedHead& seen) {
      return seen.chain == noted.chain && seen.seq == noted.seq;
    });
    const std::string what =
        "head " + noted.chain + ":" + std::to_string(noted.seq) + " that was noted";
    if (found == seen_.end()) {
      complain(what + " is MISSING: the log was cut before it, or begins behind it");
    } else if (found->digest != noted.digest) {
      complain(what + " is ANOTHER LINE here: the log was written anew");
    }
  }
  if (too_many_) complain("there are more than 100000 chains: verify the log in parts");
  if (chains_.empty()) complain("no audit lines: is this the gateway's log, as JSON lines?");
  return verdict;
}

}  // namespace gatehouse::gateway
