// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/trace.h"

#include <algorithm>
#include <array>

#include "gatehouse/base/encoding.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t kTraceBytesMax = 16;
constexpr std::size_t kSizeOfLevelOne = 55;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// All zeros would be no id.
void make_id(base::Random& random, std::span<char> id) {
  std::array<std::uint8_t, kTraceBytesMax> bytes{};
  const auto used = std::span(bytes).first(id.size() / 2);
  random.fill(used);
  used.back() |= 1U;
  std::ranges::copy(base::hex_encode(base::as_text(used)), id.begin());
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

RequestTrace::RequestTrace(std::string_view header, base::Random& random) : random_(&random) {
  if (header.empty()) return;
  const auto parent = parse_traceparent(header);
  if (!parent) return;
  std::ranges::copy(parent->trace_id, trace_id_.begin());
  sampled_ = parent->sampled;
}

const RequestTrace& RequestTrace::none() {
  static const RequestTrace nobodys;
  return nobodys;
}

std::string_view RequestTrace::made(std::span<char> id) const {
  if (random_ == nullptr) return {};
  if (id.front() == '\0') make_id(*random_, id);
  return {id.data(), id.size()};
}

std::string_view RequestTrace::trace_id() const { return made(trace_id_); }

std::string_view RequestTrace::request_id() const { return made(request_id_); }

RequestTrace RequestTrace::named() const {
  static_cast<void>(trace_id());
  static_cast<void>(request_id());
  return *this;
}

std::string RequestTrace::traceparent_of_call() const {
  if (random_ == nullptr) return {};
  std::array<char, 16> span{};
  std::string header = "00-";
  header.append(trace_id()).append("-").append(made(span));
  return header + (sampled_ ? "-01" : "-00");
}

}  // namespace gatehouse::telemetry
