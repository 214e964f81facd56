// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/trace.h"

#include <algorithm>
#include <array>

#include "gatehouse/base/encoding.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t kTraceBytes = 16;
constexpr std::size_t kSpanBytes = 8;
constexpr std::size_t kSizeOfLevelOne = 55;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// All zeros would be no id.
std::string make_id(base::Random& random, std::size_t size) {
  std::array<std::uint8_t, kTraceBytes> bytes{};
  const auto used = std::span(bytes).first(size);
  random.fill(used);
  used.back() |= 1U;
  return base::hex_encode(base::as_text(used));
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

// version "-" trace-id "-" parent-id "-" flags; later versions may go on behind another "-".
std::optional<TraceParent> parse_traceparent(std::string_view header) {
  if (header.size() < kSizeOfLevelOne) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  if (!is_lower_hex(version) || version == "ff") return std::nullopt;
  if (header.size() > kSizeOfLevelOne && (version == "00" || header[kSizeOfLevelOne] != '-'))
    return std::nullopt;
  TraceParent parent;
  parent.trace_id = header.substr(3, 32);
  parent.span_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (!is_id(parent.trace_id) || !is_id(parent.span_id) || !is_lower_hex(flags))
    return std::nullopt;
  parent.sampled = digit(flags[1]) % 2 == 1;
  return parent;
}

std::string_view trace_id_in(std::string_view header) {
  const auto parent = parse_traceparent(header);
  return parent ? parent->trace_id : std::string_view();
}

RequestTrace::RequestTrace(std::string_view header, base::Random& random) : random_(&random) {
  if (header.empty()) return;
  const auto parent = parse_traceparent(header);
  if (!parent) return;
  trace_id_ = parent->trace_id;
  sampled_ = parent->sampled;
}

std::string_view RequestTrace::trace_id() const {
  if (trace_id_.empty() && random_ != nullptr) trace_id_ = make_id(*random_, kTraceBytes);
  return trace_id_;
}

std::string_view RequestTrace::request_id() const {
  if (request_id_.empty() && random_ != nullptr) request_id_ = make_id(*random_, kSpanBytes);
  return request_id_;
}

std::string RequestTrace::traceparent_of_call() const {
  if (random_ == nullptr) return {};
  std::string header = "00-";
  header.append(trace_id()).append("-").append(make_id(*random_, kSpanBytes));
  return header + (sampled_ ? "-01" : "-00");
}

}  // namespace gatehouse::telemetry
