// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::telemetry {

// What operators count. Belongs to the loop's thread, so a counter is a plain number that its owner
// increments; whoever is asked for a page reads them all at that moment.

// How long things took, in buckets that are the same for everything.
class Durations {
 public:
  static constexpr std::array kBoundsMs = {5,    10,   25,   50,     100,    250,   500,
                                           1000, 2500, 5000, 10'000, 30'000, 60'000};
  using Buckets = std::array<std::uint64_t, kBoundsMs.size() + 1>;  // the last is unbounded

  void add(std::chrono::nanoseconds took) {
    std::size_t bucket = 0;
    while (bucket < kBoundsMs.size() && took > std::chrono::milliseconds(kBoundsMs[bucket]))
      ++bucket;
    ++buckets_[bucket];
    sum_ += took;
  }

  const Buckets& buckets() const { return buckets_; }
  std::uint64_t count() const;
  std::chrono::nanoseconds sum() const { return sum_; }

 private:
  Buckets buckets_{};
  std::chrono::nanoseconds sum_{};
};

using Label = std::pair<std::string_view, std::string_view>;  // name, value
using Labels = std::initializer_list<Label>;

// Writes Prometheus' text format, version 0.0.4: families one after the other, each with its
// samples. Names of families and labels are ours; values of labels may be any text, and there is a
// bounded number of them.
class MetricsPage {
 public:
  static constexpr std::string_view kMediaType = "text/plain; version=0.0.4; charset=utf-8";
  enum class Kind { counter, gauge, histogram };

  explicit MetricsPage(std::string& out) : out_(out) {}

  // What follows belongs to it.
  MetricsPage& family(std::string_view name, Kind kind, std::string_view help);
  MetricsPage& sample(std::uint64_t value, Labels labels = {});
  MetricsPage& sample(double value, Labels labels = {});
  // In seconds.
  MetricsPage& sample(const Durations& durations, Labels labels = {});

 private:
  void begin(std::string_view suffix, Labels labels, std::string_view last_label = {});
  void end(std::uint64_t value);
  void end(double value);

  std::string& out_;
  std::string name_;
};

}  // namespace gatehouse::telemetry
