// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/emf.h"

#include <algorithm>
#include <cassert>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t kMetricsMax = 100;
constexpr std::size_t kTextMax = 255;

std::string_view name_of(EmfLine::Unit unit) {
  switch (unit) {
    case EmfLine::Unit::count:
      return "Count";
    case EmfLine::Unit::bytes:
      return "Bytes";
    case EmfLine::Unit::milliseconds:
      return "Milliseconds";
  }
  assert(false && "a unit that does not exist");
  return {};
}

int milliseconds_of(std::size_t bucket) {
  constexpr auto& kBounds = Durations::kBoundsMs;
  return bucket < kBounds.size() ? kBounds[bucket] : 2 * kBounds.back();
}

}  // namespace

EmfLine::EmfLine(std::string_view name_space, std::string_view service, std::int64_t timestamp_ms)
    : name_space_(name_space), service_(service), timestamp_ms_(timestamp_ms) {}

EmfLine& EmfLine::add(std::string_view name, Unit unit, std::uint64_t value) {
  assert(metrics_.size() < kMetricsMax);
  metrics_.push_back({name, unit, std::to_string(value)});
  return *this;
}

EmfLine& EmfLine::add(std::string_view name, const Durations::Buckets& buckets) {
  static_assert(std::tuple_size_v<Durations::Buckets> <= 100, "values of one metric");
  assert(metrics_.size() < kMetricsMax);
  std::vector<std::size_t> used;
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] == 0) continue;
    used.push_back(i);
    count += buckets[i];
    sum += buckets[i] * static_cast<std::uint64_t>(milliseconds_of(i));
  }
  if (used.empty()) return *this;
  Metric metric{name, Unit::milliseconds, {}};
  base::JsonWriter json(metric.json);
  json.begin_object().key("Values").begin_array();
  for (const std::size_t i : used) json.value(milliseconds_of(i));
  json.end_array().key("Counts").begin_array();
  for (const std::size_t i : used) json.value(buckets[i]);
  json.end_array();
  json.member("Min", milliseconds_of(used.front())).member("Max", milliseconds_of(used.back()));
  json.member("Sum", sum).member("Count", count).end_object();
  metrics_.push_back(std::move(metric));
  return *this;
}

std::string EmfLine::text() const {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().key("_aws").begin_object().member("Timestamp", timestamp_ms_);
  json.key("CloudWatchMetrics").begin_array().begin_object().member("Namespace", name_space_);
  json.key("Dimensions").begin_array().begin_array().value("Service").end_array().end_array();
  json.key("Metrics").begin_array();
  for (const Metric& metric : metrics_) {
    json.begin_object().member("Name", metric.name).member("Unit", name_of(metric.unit));
    json.end_object();
  }
  json.end_array().end_object().end_array().end_object();
  json.member("Service", service_);
  for (const Metric& metric : metrics_) json.key(metric.name).raw(metric.json);
  json.end_object();
  return out;
}

bool is_emf_namespace(std::string_view text) {
  if (text.empty() || text.size() > kTextMax || text.starts_with("AWS/")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_/#:").find(c) != std::string_view::npos;
  });
}

bool is_emf_dimension_value(std::string_view text) {
  if (base::trim(text).empty() || text.size() > kTextMax || text.starts_with(':')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace gatehouse::telemetry
